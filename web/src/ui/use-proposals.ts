import { useQuery } from "@tanstack/react-query";
import { api } from "@/api/calls";
import { addDays, ledgerDay } from "@/lib/dates";
import { type Proposal, proposeDays } from "./days";

const AHEAD = 70;
const NONE: ReadonlySet<string> = new Set();

/** Days to propose for the next contact, all of them worked; and the rest days that were skipped until then. */
export function useProposals(): { proposals: Proposal[]; skipped: string[] } {
  const today = ledgerDay();
  const rest = useQuery({
    queryKey: ["workdays", today],
    queryFn: async () => new Set((await api.workdays(today, addDays(today, AHEAD))).rest),
    staleTime: Number.POSITIVE_INFINITY,
  }).data;
  const proposals = proposeDays(today, rest ?? NONE);
  const until = proposals[1]?.day ?? today;
  return { proposals, skipped: [...(rest ?? NONE)].filter((day) => day > today && day < until).sort() };
}
