// Cells that were written while the server was out of reach: kept in this browser until they are saved, across
// reloads. They go with the drafts of the one who signs out.
import { randomKey } from "@/api/client";
import type { Id, RecordValues } from "@/api/types";
import { forget, recall, remember } from "@/lib/storage";

const KEY = "draft.cells";

export interface HeldRow {
  /** Null: a record to be made. */
  id: Id | null;
  revision: number;
  values: RecordValues;
}
export interface Held {
  entity: string;
  /** Under this key it is written once, though an answer was lost. */
  key: string;
  rows: HeldRow[];
}

export const held = (): Held[] => recall<Held[]>(KEY) ?? [];

function keep(all: Held[]): void {
  if (all.length > 0) remember(KEY, all);
  else forget(KEY);
}

/** Puts rows aside. What waits already for the same record is joined, so that it does not contest itself. */
export function hold(entity: string, rows: HeldRow[], key: string = randomKey()): void {
  const all = held();
  const alone: HeldRow[] = [];
  for (const row of rows) {
    const isIt = ({ id }: HeldRow): boolean => id !== null && id === row.id;
    // Not to one that makes records too: its key keeps them from being made twice, and is for what it was.
    const waiting = all.find(
      (one) => one.entity === entity && one.rows.some(isIt) && one.rows.every(({ id }) => id !== null),
    );
    const before = waiting?.rows.find(isIt);
    if (waiting && before) {
      Object.assign(before.values, row.values);
      waiting.key = randomKey();
    } else alone.push(row);
  }
  if (alone.length > 0) all.push({ entity, key, rows: alone });
  keep(all);
}

/** Forgets what is saved, or refused for good. */
export function drop(one: Held): void {
  keep(held().filter(({ key }) => key !== one.key));
}
