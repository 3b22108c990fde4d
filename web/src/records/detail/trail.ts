// The list one came from, so that its next record is one key away. Lasts as long as the window.
import { useEffect, useSyncExternalStore } from "react";
import type { Id } from "@/api/types";

export interface Trail {
  entity: string;
  ids: Id[];
  /** Place of the first of `ids` in the list, and the length of the list. */
  start: number;
  total: number;
  /** The list may be longer than `total`. */
  more?: boolean;
  /** Reads ids of the list from a place on; without it `ids` are all. */
  read?: (at: number, limit: number) => Promise<Id[]>;
  /** What the list is called, and where it stands. */
  from?: { label: string; href: string };
}
export interface Neighbours {
  place: number;
  total: number;
  more: boolean;
  before: Id | null;
  after: Id | null;
}

/** How near the end of what is known one may come before more is read, and how much is read then. */
const NEAR = 3;
const STEP = 50;

let trail: Trail | null = null;
let reading: Trail | null = null;
const watchers = new Set<() => void>();

/** Remembers the records around the one that is about to be opened. */
export function setTrail(next: Trail | null): void {
  trail = next;
  for (const watcher of watchers) watcher();
}

/** Where a record stands in that list; null when one did not come from there. */
export function neighboursOf(from: Trail | null, entity: string, id: Id): Neighbours | null {
  if (from?.entity !== entity) return null;
  const at = from.ids.indexOf(id);
  if (at < 0) return null;
  return {
    place: from.start + at + 1,
    total: Math.max(from.total, from.start + from.ids.length),
    more: from.more ?? false,
    before: from.ids[at - 1] ?? null,
    after: from.ids[at + 1] ?? null,
  };
}

/** The part of the list to read next when a record stands near an end of what is known; null: none. */
export function missingPart(from: Trail | null, id: Id): { at: number; limit: number } | null {
  const at = from?.read ? from.ids.indexOf(id) : -1;
  if (!from || at < 0) return null;
  const end = from.start + from.ids.length;
  if (at >= from.ids.length - NEAR && (from.more || end < from.total)) return { at: end, limit: STEP };
  if (at < NEAR && from.start > 0) {
    const first = Math.max(0, from.start - STEP);
    return { at: first, limit: from.start - first };
  }
  return null;
}

/** The trail with a further part at one of its ends. */
export function withPart(from: Trail, at: number, limit: number, ids: Id[]): Trail {
  const fresh = ids.filter((id) => !from.ids.includes(id));
  if (at < from.start) return { ...from, ids: [...fresh, ...from.ids], start: from.start - fresh.length };
  // A part that comes short is the last one.
  const isEnd = ids.length < limit;
  const all = [...from.ids, ...fresh];
  return isEnd ? { ...from, ids: all, more: false, total: from.start + all.length } : { ...from, ids: all };
}

async function extend(id: Id): Promise<void> {
  const [now, part] = [trail, missingPart(trail, id)];
  if (!now?.read || !part || reading === now) return;
  reading = now;
  // Without the further part the known records can still be walked: the list itself tells what is wrong.
  const ids = await now.read(part.at, part.limit).catch(() => null);
  if (ids && trail === now) setTrail(withPart(now, part.at, part.limit, ids));
}

const watch = (watcher: () => void) => {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
};

export const useTrail = (): Trail | null => useSyncExternalStore(watch, () => trail);

/** Where a record stands in the list one came from; reads on as one walks. */
export function useNeighbours(entity: string, id: Id): Neighbours | null {
  const now = useTrail();
  const neighbours = neighboursOf(now, entity, id);
  const isNear = neighbours !== null && missingPart(now, id) !== null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another trail may have to be extended too
  useEffect(() => {
    if (isNear) void extend(id);
  }, [isNear, id, now]);
  return neighbours;
}
