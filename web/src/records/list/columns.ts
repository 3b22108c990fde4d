// Which columns a list shows: the person's own choice on this computer, else a sensible beginning.
import { useCallback, useMemo, useState } from "react";
import type { Entity, Field } from "@/api/types";
import { titleField } from "@/fields/references";
import { isWritable } from "@/fields/registry";
import { recall, remember } from "@/lib/storage";

interface Layout {
  keys: string[] | null;
  widths: Record<string, number>;
}

const FIRST_COLUMNS: Record<string, string[]> = {
  customer: [
    "name",
    "code",
    "kind",
    "stage",
    "grade",
    "owner",
    "contact_name",
    "contact_method",
    "industry",
    "region",
    "next_follow_up",
    "last_cooperation_on",
    "total_amount",
    "tags",
  ],
};
const START_WITH = 10;
const TOO_LONG = ["long_text", "file"];

/** Fields that a list may show at all. */
export const listable = (field: Field): boolean => field.type !== "file";

/** The columns that an entity begins with. */
export function beginning(entity: Entity): string[] {
  const keys = entity.fields.map((field) => field.key);
  const known = FIRST_COLUMNS[entity.key]?.filter((key) => keys.includes(key));
  if (known && known.length > 3) return known;
  const title = titleField(entity.key);
  const plain = entity.fields.filter(
    (field) => !TOO_LONG.includes(field.type) && field.sensitive !== "secret",
  );
  const first = plain.filter(
    (field) => isWritable(field) || field.type === "autonumber" || field.key === title,
  );
  return [title, ...first.map((field) => field.key).filter((key) => key !== title)].slice(0, START_WITH);
}

export function useColumns(entity: Entity) {
  const name = `columns.${entity.key}`;
  const [layout, setLayout] = useState<Layout>(() => recall<Layout>(name) ?? { keys: null, widths: {} });
  const change = useCallback(
    (next: (now: Layout) => Layout) =>
      setLayout((now) => {
        const changed = next(now);
        remember(name, changed);
        return changed;
      }),
    [name],
  );
  const keys = layout.keys ?? beginning(entity);
  const signature = keys.join();
  const fields = useMemo(
    () =>
      signature
        .split(",")
        .map((key) => entity.fields.find((field) => field.key === key))
        .filter((field): field is Field => field !== undefined && listable(field)),
    [entity, signature],
  );
  return {
    fields,
    widths: layout.widths,
    setKeys: (next: string[] | null) => change((now) => ({ ...now, keys: next })),
    setWidth: (field: Field, width: number) =>
      change((now) => ({ ...now, widths: { ...now.widths, [field.key]: width } })),
    move: (from: number, to: number) =>
      change((now) => {
        const next = fields.map((field) => field.key);
        const [moved] = next.splice(from, 1);
        if (moved) next.splice(to, 0, moved);
        return { ...now, keys: next };
      }),
  };
}
