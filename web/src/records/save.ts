// One way for every page to change a record: conflicts with others are shown and settled, saves of the
// same record wait for each other.
import { api } from "@/api/calls";
import { announce } from "@/api/events";
import { Problem } from "@/api/problem";
import type { Id, RecordAnswer, RecordValues, Value } from "@/api/types";
import { wireValues } from "@/fields/registry";
import { askConflict } from "./conflict";

const queues = new Map<string, Promise<unknown>>();

/** Runs the saves of one record one after the other. */
export function inOrder<T>(key: string, work: () => Promise<T>): Promise<T> {
  const before = queues.get(key) ?? Promise.resolve();
  const next = before.catch(() => undefined).then(work);
  queues.set(key, next);
  void next
    .catch(() => undefined)
    .finally(() => {
      if (queues.get(key) === next) queues.delete(key);
    });
  return next;
}

const settled = new Map<string, number>();

/**
 * Saves one field of a record as it is shown. Who moves it on before the list was read again means what the page has just
 * saved: that is no conflict.
 */
export function saveField(
  entity: string,
  row: { id: Id; revision: number },
  field: string,
  value: Value,
): Promise<RecordAnswer | null> {
  const key = `${entity}:${row.id}`;
  return inOrder(key, async () => {
    const base = Math.max(row.revision, settled.get(`${key}:${field}`) ?? 0);
    const answer = await saveValues(entity, row.id, base, { [field]: value });
    if (answer) settled.set(`${key}:${field}`, answer.revision);
    return answer;
  });
}

/**
 * Saves values of a record. When somebody else has changed the same fields, asks which to keep.
 * Null when the person gave up. Throws Problem for everything else.
 */
export async function saveValues(
  entity: string,
  id: Id,
  revision: number,
  values: RecordValues,
): Promise<RecordAnswer | null> {
  let wanted = wireValues(values);
  let base = revision;
  for (;;) {
    try {
      const answer = await api.changeRecord(entity, id, base, wanted);
      announce(entity, [id]);
      return answer;
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 409 || error.conflicts.length === 0) throw error;
      const fresh = await api.record(entity, id);
      const mine = await askConflict(entity, error.conflicts);
      if (mine === null) return null;
      const dropped = error.conflicts.map((item) => item.field).filter((field) => !mine.includes(field));
      wanted = Object.fromEntries(Object.entries(wanted).filter(([field]) => !dropped.includes(field)));
      base = fresh.revision;
      if (Object.keys(wanted).length === 0) return { ...fresh, changeset: null };
    }
  }
}
