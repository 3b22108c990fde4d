import { Suspense, useSyncExternalStore } from "react";
import type { ConflictField } from "@/api/types";
import { late } from "@/ui/late";

export const ConflictChoices = late(() => import("./conflict-dialog").then((part) => part.ConflictChoices));

export interface ConflictQuestion {
  entity: string;
  conflicts: ConflictField[];
  /** The fields to keep as typed here; null: give up. */
  answer: (mine: string[] | null) => void;
}

let question: ConflictQuestion | null = null;
const watchers = new Set<() => void>();

function set(next: ConflictQuestion | null): void {
  question = next;
  for (const watcher of watchers) watcher();
}

/** Asks which of two values to keep, for each field that two people changed. */
export function askConflict(entity: string, conflicts: ConflictField[]): Promise<string[] | null> {
  return new Promise((resolve) => {
    set({
      entity,
      conflicts,
      answer: (mine) => {
        set(null);
        resolve(mine);
      },
    });
  });
}

/** The one place where conflicts are asked about. */
export function ConflictDialog() {
  const open = useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => question,
  );
  return <Suspense>{open ? <ConflictChoices {...open} /> : null}</Suspense>;
}
