// The list one came from, so that its next record is one key away. Lasts as long as the window.
import type { Id } from "@/api/types";

export interface Trail {
  entity: string;
  ids: Id[];
  /** Place of the first of `ids` in the list, and the length of the list. */
  start: number;
  total: number;
}
export interface Neighbours {
  place: number;
  total: number;
  before: Id | null;
  after: Id | null;
}

let trail: Trail | null = null;

/** Remembers the records around the one that is about to be opened. */
export function setTrail(next: Trail | null): void {
  trail = next;
}

/** Where a record stands in that list; null when one did not come from there. */
export function neighboursOf(from: Trail | null, entity: string, id: Id): Neighbours | null {
  if (from?.entity !== entity) return null;
  const at = from.ids.indexOf(id);
  if (at < 0) return null;
  return {
    place: from.start + at + 1,
    total: from.total,
    before: from.ids[at - 1] ?? null,
    after: from.ids[at + 1] ?? null,
  };
}

export const useNeighbours = (entity: string, id: Id): Neighbours | null => neighboursOf(trail, entity, id);
