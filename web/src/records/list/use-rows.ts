import { useEffect, useMemo, useReducer, useRef } from "react";
import { changesHeard, concerns, onChanges } from "@/api/events";
import { type RowQuery, RowStore } from "../grid/row-store";

const QUIET = 250;

/** The rows of a query, kept fresh while others change them. */
export function useRows(entity: string, query: RowQuery): { store: RowStore; version: number } {
  const [version, bump] = useReducer((count: number) => count + 1, 0);
  const signature = JSON.stringify(query);
  const { store, asked } = useMemo(() => {
    const rows = new RowStore(entity, JSON.parse(signature) as RowQuery, bump);
    rows.show(0, 0); // The rows are on their way while the page is drawn for the first time.
    return { store: rows, asked: changesHeard() };
  }, [entity, signature]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  useEffect(() => {
    // What came before somebody listened: the rows themselves, or word of a change.
    if (changesHeard() !== asked) store.refresh();
    else if (store.totals.known || store.error) bump();
    const stop = onChanges((event) => {
      if (!concerns(event, entity)) return;
      clearTimeout(timer.current);
      timer.current = setTimeout(() => store.refresh(), QUIET);
    });
    return () => {
      stop();
      clearTimeout(timer.current);
      store.dispose();
    };
  }, [store, asked, entity]);
  return { store, version };
}
