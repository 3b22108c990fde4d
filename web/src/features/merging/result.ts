// What a field becomes when records are merged: the rule of the server, or the record that a person has chosen.
import type { Id, MergeField, MergePreview, Value } from "@/api/types";

/** By field whose value is taken; of a field of several values, whose values stay together. */
export type Take = Record<string, Id | Id[]>;

/** The records whose value counts now; none when the rule makes one of all. */
export function takenOf(told: MergeField, take: Take): Id[] {
  const chosen = take[told.field];
  return chosen === undefined ? told.take : Array.isArray(chosen) ? chosen : [chosen];
}

/** A choice more: one record for a single value, one more or less for a list. */
export function withTake(told: MergeField, take: Take, id: Id): Take {
  if (told.rule !== "all") return { ...take, [told.field]: id };
  const now = takenOf(told, take);
  const next = now.includes(id) ? now.filter((one) => one !== id) : [...now, id];
  return { ...take, [told.field]: next };
}

export function resultOf(told: MergeField, preview: MergePreview, take: Take): Value {
  const taken = takenOf(told, take);
  const valueIn = (id: Id): Value =>
    told.values[preview.records.findIndex((record) => record.id === id)] ?? null;
  if (told.rule === "all") {
    const seen = new Map<string, unknown>();
    for (const record of preview.records) {
      const value = taken.includes(record.id) ? valueIn(record.id) : null;
      for (const entry of Array.isArray(value) ? value : []) seen.set(JSON.stringify(entry), entry);
    }
    return [...seen.values()] as Value;
  }
  const [only] = taken;
  return only === undefined ? (told.result ?? null) : valueIn(only);
}

/** Whether all records say the same, so that there is nothing to choose. */
export const sameValues = (told: MergeField): boolean =>
  new Set(told.values.map((value) => JSON.stringify(value ?? null))).size === 1;
