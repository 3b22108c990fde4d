// The side sheet: a record over the page that is open, which stays where it was.
import { lazy, Suspense, useSyncExternalStore } from "react";
import type { Id } from "@/api/types";

const RecordSheet = lazy(() => import("./record-sheet").then((part) => ({ default: part.RecordSheet })));

export interface Open {
  entity: string;
  id: Id;
}

let open: Open | null = null;
const watchers = new Set<() => void>();

/** Shows a record at the side; null closes the sheet. */
export function openSheet(next: Open | null): void {
  open = next;
  for (const watcher of watchers) watcher();
}

/** The one place where the side sheet appears. */
export function SheetArea() {
  const shown = useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => open,
  );
  return <Suspense>{shown ? <RecordSheet entity={shown.entity} id={shown.id} /> : null}</Suspense>;
}
