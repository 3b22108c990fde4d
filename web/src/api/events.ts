// One stream of server-sent events for the whole page. The browser reconnects by itself and sends
// Last-Event-ID; after a refusal (a session that ended) we try again, more and more slowly. The address
// of the stream names the record that is open: others see us there until the connection ends; and the list
// that is shown, to hear which of its records others have open.
import { downloadUrl } from "./client";
import type { ChangesEvent, CrowdEvent, Id, PresenceEvent, ProgressEvent, Reference } from "./types";

type Listener = (event: ChangesEvent) => void;

const changes = new Set<Listener>();
let heard = 0;
const catalog = new Set<() => void>();
const progress = new Set<(event: ProgressEvent) => void>();
let source: EventSource | null = null;
let next: EventSource | null = null;
let isOpened = false;
const opened: { entity: string; id: Id; tell: (people: Reference[]) => void }[] = [];
export type Crowd = ReadonlyMap<Id, string[]>;
const NOBODY: Crowd = new Map();
const listed: { entity: string; tell: (crowd: Crowd) => void }[] = [];
/** What the stream told last: it tells again only when something changes, or of another list. */
let told: { entity: string; crowd: Crowd } | null = null;
let settling: ReturnType<typeof setTimeout> | undefined;
let retry: ReturnType<typeof setTimeout> | undefined;
let wait = 2_000;

/** Calls back for every set of changed records; returns the way to stop. */
export function onChanges(listener: Listener): () => void {
  changes.add(listener);
  return () => changes.delete(listener);
}

/** How often something has changed. For who reads before he can listen: has he missed something since? */
export const changesHeard = (): number => heard;

function tellChanges(event: ChangesEvent): void {
  heard += 1;
  for (const listener of changes) listener(event);
}

/** Calls back when entities or fields have changed. */
export function onCatalogChange(listener: () => void): () => void {
  catalog.add(listener);
  return () => catalog.delete(listener);
}

/** Calls back when work in the background moves on. */
export function onProgress(listener: (event: ProgressEvent) => void): () => void {
  progress.add(listener);
  return () => progress.delete(listener);
}

/** Does an event touch this entity, or this record of it? Without an entity it touches everything. */
export function concerns(event: ChangesEvent, entity: string, id?: Id): boolean {
  if (event.entity === null) return true;
  return event.entity === entity && (id === undefined || !event.ids || event.ids.includes(id));
}

/** Tells the open pages about what this page has just changed itself; null: anything may have moved. */
export function announce(entity: string | null, ids: Id[] = []): void {
  tellChanges({ seq: 0, entity, ids });
}

/**
 * This page has a record open: calls back with who else has, until the returned function is called.
 * Of several the last one counts, such as the side sheet over a page.
 */
export function stayAt(entity: string, id: Id, tell: (people: Reference[]) => void): () => void {
  const here = { entity, id, tell };
  opened.push(here);
  move();
  return () => {
    opened.splice(opened.indexOf(here), 1);
    move();
  };
}

/** This page shows a list: calls back with who has which of its records open, until the returned function is called. */
export function lookAround(entity: string, tell: (crowd: Crowd) => void): () => void {
  const here = { entity, tell };
  listed.push(here);
  // The same list in another form, such as a board instead of the grid, goes on hearing the same stream.
  tell(told?.entity === entity ? told.crowd : NOBODY);
  move();
  return () => {
    listed.splice(listed.indexOf(here), 1);
    move();
  };
}

/** Whoever leafs through records is at none of them before he stops. */
function move(): void {
  clearTimeout(settling);
  if (isOpened) settling = setTimeout(connect, SETTLING_MS);
}
const SETTLING_MS = 400;

export function openEvents(): () => void {
  isOpened = true;
  connect();
  return () => {
    isOpened = false;
    clearTimeout(retry);
    clearTimeout(settling);
    next?.close();
    source?.close();
    next = source = null;
  };
}

function connect(): void {
  clearTimeout(retry);
  const at = opened.at(-1);
  const list = listed.at(-1);
  const asked = [at ? `open=${at.entity}.${at.id}` : "", list ? `list=${list.entity}` : ""].filter(Boolean);
  const url = downloadUrl(asked.length ? `/events?${asked.join("&")}` : "/events");
  next?.close();
  next = null;
  if (source && source.readyState !== EventSource.CLOSED && source.url === new URL(url, location.href).href)
    return;
  const stream = new EventSource(url);
  next = stream;
  told = null;
  stream.addEventListener("open", () => {
    wait = 2_000;
    if (next !== stream) return;
    // Only now, so that nothing is missed in between.
    source?.close();
    source = stream;
    next = null;
  });
  stream.addEventListener("changes", (event) => {
    tellChanges(JSON.parse((event as MessageEvent<string>).data) as ChangesEvent);
  });
  stream.addEventListener("progress", (event) => {
    const data = JSON.parse((event as MessageEvent<string>).data) as ProgressEvent;
    for (const listener of progress) listener(data);
  });
  stream.addEventListener("presence", (event) => {
    const data = JSON.parse((event as MessageEvent<string>).data) as PresenceEvent;
    for (const one of opened) if (one.entity === data.entity && one.id === data.id) one.tell(data.people);
  });
  stream.addEventListener("crowd", (event) => {
    const data = JSON.parse((event as MessageEvent<string>).data) as CrowdEvent;
    tellCrowd(
      data.entity,
      new Map(data.records.map((one) => [one.id, one.people.map((person) => person.label)])),
    );
  });
  stream.addEventListener("catalog", () => {
    for (const listener of catalog) listener();
  });
  stream.addEventListener("error", () => {
    // Without a connection nobody knows.
    if (stream === source) {
      for (const one of opened) one.tell([]);
      tellCrowd(null, NOBODY);
    }
    if (stream.readyState !== EventSource.CLOSED || (stream !== source && stream !== next)) return;
    clearTimeout(retry);
    retry = setTimeout(connect, wait);
    wait = Math.min(wait * 2, 60_000);
  });
}

function tellCrowd(entity: string | null, crowd: Crowd): void {
  told = entity === null ? null : { entity, crowd };
  for (const one of listed) if (entity === null || one.entity === entity) one.tell(crowd);
}
