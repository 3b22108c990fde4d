import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import type { Sort, Where } from "@/api/types";

/** What the address of a list says: conditions, search text and order. */
export interface ListSearch {
  where?: Where;
  q?: string;
  sort?: string;
}

export function readListSearch(search: Record<string, unknown>): ListSearch {
  return {
    where: typeof search.where === "object" && search.where !== null ? (search.where as Where) : undefined,
    q: search.q === undefined || search.q === "" ? undefined : String(search.q),
    sort: typeof search.sort === "string" && search.sort ? search.sort : undefined,
  };
}

/** "name,-amount" ↔ order by name, then by amount from large to small. */
export const readSort = (text: string | undefined): Sort[] =>
  (text ?? "")
    .split(",")
    .filter(Boolean)
    .map((key) =>
      key.startsWith("-") ? { field: key.slice(1), order: "desc" } : { field: key, order: "asc" },
    );

export const writeSort = (sort: Sort[]): string | undefined =>
  sort.map((item) => (item.order === "desc" ? `-${item.field}` : item.field)).join(",") || undefined;

export function useListSearch() {
  const search = readListSearch(useSearch({ strict: false }) as Record<string, unknown>);
  const navigate = useNavigate();
  const change = useCallback(
    (part: ListSearch) =>
      void navigate({
        to: ".",
        replace: true,
        search: (before: Record<string, unknown>) => ({ ...readListSearch(before), ...part }),
      } as never),
    [navigate],
  );
  return { search, change };
}
