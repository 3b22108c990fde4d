import { useCatalog } from "@/api/catalog";
import type { Entity } from "@/api/types";
import { isWritable } from "@/fields/registry";
import { textOf } from "@/i18n";

// Records that a customer's row brings along: relation → the fields that a column may fill.
const BROUGHT: Record<string, Record<string, string[]>> = {
  customer: {
    contacts: ["name", "position", "department", "mobile", "office_phone", "email", "wechat", "birth_date"],
    addresses: ["detail", "postcode", "recipient", "recipient_phone"],
    tasks: ["due_at"],
  },
};

/** Everything that a column may go to: the entity's own fields, then those of what it brings along. */
export function useTargets(entity: Entity | undefined): { value: string; label: string }[] {
  const entities = useCatalog()?.entities ?? [];
  if (!entity) return [];
  const own = entity.fields
    .filter((field) => isWritable(field) || field.type === "autonumber")
    .map((field) => ({ value: field.key, label: textOf(field.label) }));
  const brought = Object.entries(BROUGHT[entity.key] ?? {}).flatMap(([key, names]) => {
    const relation = entity.relations?.find((item) => item.key === key);
    const child = entities.find((item) => item.key === relation?.entity);
    return names.flatMap((name) => {
      const field = child?.fields.find((item) => item.key === name);
      return child && field
        ? [{ value: `${key}.${name}`, label: `${textOf(child.label)} · ${textOf(field.label)}` }]
        : [];
    });
  });
  return [...own, ...brought];
}
