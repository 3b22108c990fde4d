import { QueryClient, useQuery } from "@tanstack/react-query";
import { setLedgerZone } from "@/lib/dates";
import { api } from "./calls";
import { onChanges } from "./events";
import { Problem } from "./problem";
import type { Action, Catalog, Entity } from "./types";

/** Server state of the whole page. Refusals are not tried again; a lost connection is, once. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      networkMode: "offlineFirst", // without a network what was seen may answer
      staleTime: 5_000,
      refetchOnWindowFocus: false,
      retry: (count, error) =>
        count < 1 && error instanceof Problem && (error.status === 0 || error.status === 503),
    },
  },
});

// What was read before a change is not shown again after it as if it were new, however soon one comes back to it.
// Pages that are open read anew by themselves what concerns them.
onChanges(() => void queryClient.invalidateQueries({ type: "inactive", refetchType: "none" }));

const KEY = ["catalog"];

export const cachedCatalog = (): Catalog | undefined => queryClient.getQueryData<Catalog>(KEY);

async function read(): Promise<Catalog> {
  const catalog = await api.catalog();
  setLedgerZone(catalog.settings?.timezone);
  return catalog;
}

/** Begins to read the catalog, which every page needs, before the first of them asks. */
export const expectCatalog = (): Promise<void> =>
  queryClient.prefetchQuery({ queryKey: KEY, queryFn: read, staleTime: Number.POSITIVE_INFINITY });

/** Entities and fields that the caller may see. */
export function useCatalog(): Catalog | undefined {
  return useQuery({ queryKey: KEY, queryFn: read, staleTime: Number.POSITIVE_INFINITY }).data;
}

export function useEntity(key: string): Entity | undefined {
  return useCatalog()?.entities.find((entity) => entity.key === key);
}

/** What to offer; the server decides anyway. */
export const may = (entity: Entity | undefined, action: Action): boolean =>
  entity?.may?.includes(action) ?? true;

export const refreshCatalog = (): Promise<void> => queryClient.invalidateQueries({ queryKey: KEY });
