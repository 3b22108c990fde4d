// The side sheet: a record over the page that is open, which stays where it was. The address says which record.

import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { Suspense, useCallback, useEffect } from "react";
import type { Id, RecordValues } from "@/api/types";
import { late } from "@/ui/late";
import { expectPressed, expectRecord } from "./reading";

const RecordSheet = late(() => import("./record-sheet").then((part) => part.RecordSheet));

export interface Open {
  entity: string;
  id: Id;
}

declare module "@tanstack/react-router" {
  interface HistoryState {
    /** This step of the history opened the sheet: going back closes it. */
    sheet?: boolean;
    /** One came here from the list that lies one step back. */
    fromList?: boolean;
  }
}

/** "customer.15" ↔ the record. */
export function readOpen(text: unknown): Open | null {
  const [, entity, id] = /^([a-z][a-z0-9_]*)\.(\d{1,15})$/.exec(typeof text === "string" ? text : "") ?? [];
  return entity && id ? { entity, id: Number(id) } : null;
}

export function useOpened(): Open | null {
  return readOpen(useSearch({ strict: false, select: (search) => (search as { open?: string }).open }));
}

/** Shows a record at the side, at first by what is `known` of it; null closes the sheet. */
export function useOpenSheet(): (next: Open | null, known?: RecordValues) => void {
  const navigate = useNavigate();
  const router = useRouter();
  return useCallback(
    (next, known) => {
      if (next) expectRecord(next.entity, next.id, known);
      const { search, state } = router.state.location;
      const isOpen = readOpen((search as { open?: string }).open) !== null;
      if (!next && !isOpen) return;
      if (!next && state.sheet) return router.history.back();
      void navigate({
        to: ".",
        search: (before: object) => ({ ...before, open: next ? `${next.entity}.${next.id}` : undefined }),
        replace: isOpen,
        resetScroll: false,
        state: { sheet: next ? !isOpen || state.sheet : undefined },
      } as never);
    },
    [navigate, router],
  );
}

/** The one place where the side sheet appears. */
export function SheetArea() {
  const shown = useOpened();
  useEffect(() => {
    document.addEventListener("pointerdown", expectPressed, { passive: true });
    return () => document.removeEventListener("pointerdown", expectPressed);
  }, []);
  return <Suspense>{shown ? <RecordSheet entity={shown.entity} id={shown.id} /> : null}</Suspense>;
}
