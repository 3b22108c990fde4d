import { useSearch } from "@tanstack/react-router";
import { type ListSearch, readListSearch } from "./params";

const read = (search: object): ListSearch => readListSearch(search as Record<string, unknown>);

/** What the address says of the list. The same object as long as it says the same, whatever opens at the side. */
export function useListSearch(): ListSearch {
  return useSearch({ strict: false, select: read, structuralSharing: true } as never) as ListSearch;
}
