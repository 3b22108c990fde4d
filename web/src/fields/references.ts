import { api } from "@/api/calls";
import { cachedCatalog } from "@/api/catalog";
import { onPersonChange } from "@/api/session";
import type { Field, Id, Reference, Value } from "@/api/types";

const names = new Map<string, string>();

/** What a record is called, where this window has come across it. */
export const knownName = (entity: string, id: Id): string | undefined => names.get(`${entity}.${id}`);
export const rememberName = (entity: string, id: Id, name: string): void =>
  void names.set(`${entity}.${id}`, name);
onPersonChange(() => names.clear());

/** The entity whose records a relation or user field points to. */
export const targetOf = (field: Field): string =>
  field.target ?? (field.type === "user" ? "user" : field.key);

/** The field by which people know a record of an entity. */
export function titleField(entity: string): string {
  const known = cachedCatalog()?.entities.find((item) => item.key === entity);
  const keys = known?.fields.map((field) => field.key) ?? [];
  const names = [known?.title ?? [], "name", "title", "code", "summary"].flat();
  return names.find((key) => keys.includes(key)) ?? keys[0] ?? "name";
}

/** Records of an entity by a piece of their name, for choosing one. */
export async function findReferences(
  entity: string,
  text: string,
  signal?: AbortSignal,
): Promise<Reference[]> {
  const title = titleField(entity);
  const search = text.trim() || undefined;
  const answer = await api.query(entity, { select: [title], search, limit: 20 }, signal);
  const found = answer.rows.map((row) => reference(row));
  for (const { id, label } of found) rememberName(entity, id, label);
  return found;
}

/** The one record with exactly this name, or null when there is none or more than one. */
export async function referenceByName(entity: string, name: string): Promise<Reference | null> {
  const title = titleField(entity);
  const where = { field: title, op: "eq" as const, value: name.trim() };
  const answer = await api.query(entity, { select: [title], where, limit: 2 });
  return answer.rows.length === 1 ? reference(answer.rows[0] as Value[]) : null;
}

function reference(row: Value[]): Reference {
  const title = row[2];
  const label = typeof title === "object" && title !== null && "label" in title ? title.label : title;
  return { id: Number(row[0]), label: String(label ?? row[0]) };
}
