// One stream of server-sent events for the whole page. The browser reconnects by itself and sends
// Last-Event-ID; after a refusal (a session that ended) we try again, more and more slowly.
import { downloadUrl } from "./client";
import type { ChangesEvent, Id, ProgressEvent } from "./types";

type Listener = (event: ChangesEvent) => void;

const changes = new Set<Listener>();
const catalog = new Set<() => void>();
const progress = new Set<(event: ProgressEvent) => void>();
let source: EventSource | null = null;
let retry: ReturnType<typeof setTimeout> | undefined;
let wait = 2_000;

/** Calls back for every set of changed records; returns the way to stop. */
export function onChanges(listener: Listener): () => void {
  changes.add(listener);
  return () => changes.delete(listener);
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
  for (const listener of changes) listener({ seq: 0, entity, ids });
}

export function openEvents(): () => void {
  connect();
  return () => {
    clearTimeout(retry);
    source?.close();
    source = null;
  };
}

function connect(): void {
  source?.close();
  source = new EventSource(downloadUrl("/events"));
  source.addEventListener("open", () => {
    wait = 2_000;
  });
  source.addEventListener("changes", (event) => {
    const data = JSON.parse((event as MessageEvent<string>).data) as ChangesEvent;
    for (const listener of changes) listener(data);
  });
  source.addEventListener("progress", (event) => {
    const data = JSON.parse((event as MessageEvent<string>).data) as ProgressEvent;
    for (const listener of progress) listener(data);
  });
  source.addEventListener("catalog", () => {
    for (const listener of catalog) listener();
  });
  source.addEventListener("error", () => {
    if (source?.readyState !== EventSource.CLOSED) return;
    clearTimeout(retry);
    retry = setTimeout(connect, wait);
    wait = Math.min(wait * 2, 60_000);
  });
}
