import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { api } from "@/api/calls";
import { useCatalog } from "@/api/catalog";
import { concerns, onChanges } from "@/api/events";
import { overdue } from "@/features/today/conditions";

/** How many of my tasks are overdue; undefined when the ledger has no tasks. */
export function useDueCount(): number | undefined {
  const has = useCatalog()?.entities.some((entity) => entity.key === "task") ?? false;
  const count = useQuery({
    queryKey: ["due"],
    queryFn: () => api.query("task", { select: ["id"], where: overdue("mine"), limit: 1, count: "capped" }),
    enabled: has,
    staleTime: 60_000,
  });
  const { refetch } = count;
  useEffect(
    () =>
      onChanges((event) => {
        if (has && concerns(event, "task")) void refetch();
      }),
    [has, refetch],
  );
  return count.data?.count?.value;
}
