import { cachedCatalog } from "@/api/catalog";
import type { Field, Value } from "@/api/types";
import { textOf } from "@/i18n";
import { plainText } from "./widget";

/** The label of an option's key; a key that the catalog no longer lists shows as it is. */
export function optionLabel(field: Field, value: Value): string {
  const option = field.options?.find((item) => item.key === value);
  return option ? textOf(option.label) : plainText(value);
}

/** The label of an option, by the entity and field it belongs to. */
export function labelOf(entity: string, key: string, value: Value): string {
  const field = cachedCatalog()
    ?.entities.find((one) => one.key === entity)
    ?.fields.find((one) => one.key === key);
  return field ? optionLabel(field, value) : plainText(value);
}

export const optionChoices = (field: Field): { value: string; label: string }[] =>
  (field.options ?? []).map((option) => ({ value: option.key, label: textOf(option.label) }));

/** Key or label (in any language) → key; a unique beginning of a label is enough. */
export function findOption(field: Field, typed: string): string | undefined {
  const text = typed.normalize("NFKC").trim().toLowerCase();
  const options = field.options ?? [];
  const labels = (label: Field["label"]): string[] =>
    (typeof label === "string" ? [label] : Object.values(label)).map((item) =>
      item.normalize("NFKC").toLowerCase(),
    );
  const exact = options.find((item) => item.key.toLowerCase() === text || labels(item.label).includes(text));
  if (exact) return exact.key;
  const starting = options.filter((item) => labels(item.label).some((label) => label.startsWith(text)));
  return starting.length === 1 ? starting[0]?.key : undefined;
}
