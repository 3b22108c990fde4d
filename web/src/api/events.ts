// One stream of server-sent events for the whole page. The browser reconnects by itself and sends
// Last-Event-ID; after a refusal (a session that ended) we try again, more and more slowly.
import { downloadUrl } from "./client";
import type { ChangesEvent, Id } from "./types";

type Listener = (event: ChangesEvent) => void;

const changes = new Set<Listener>();
const catalog = new Set<() => void>();
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

/** Tells the open pages about records that this page has just changed itself. */
export function announce(entity: string, ids: Id[]): void {
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
    const data: unknown = JSON.parse((event as MessageEvent<string>).data);
    for (const item of (Array.isArray(data) ? data : [data]) as ChangesEvent[])
      for (const listener of changes) listener(item);
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
