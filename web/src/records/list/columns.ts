// Which columns a list begins with.
import type { Entity, Field } from "@/api/types";
import { titleField } from "@/fields/references";
import { isWritable } from "@/fields/registry";

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
