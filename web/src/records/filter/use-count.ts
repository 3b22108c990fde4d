import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api } from "@/api/calls";
import type { Count, Where } from "@/api/types";

const QUIET = 300;

/** How many records a filter finds, asked once the filter has stayed the same for a moment. */
export function useCount(entity: string, where: Where | undefined, search: string | undefined): Count | null {
  const asked = JSON.stringify({ where, search });
  const [settled, setSettled] = useState(asked);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(asked), QUIET);
    return () => clearTimeout(timer);
  }, [asked]);
  const answer = useQuery({
    queryKey: ["count", entity, settled],
    queryFn: ({ signal }) =>
      api.query(entity, { ...JSON.parse(settled), select: [], limit: 1, count: "capped" }, signal),
    retry: false,
  });
  return settled === asked ? (answer.data?.count ?? null) : null;
}
