// What stands on the page 今日: open tasks by when they are due, and what concerns customers; one's own or everybody's.
import type { Where } from "@/api/types";
import { addDays, instantOf, ledgerDay } from "@/lib/dates";
import { mondayOf } from "@/ui/days";

/** Whose: mine, or of all whom I may see. */
export type Whose = "mine" | "all";
export const readTodaySearch = (search: Record<string, unknown>): { of?: "all" } =>
  search.of === "all" ? { of: "all" } : {};

const OPEN: Where = { field: "status", op: "eq", value: "open" };
const tasksOf = (whose: Whose): Where[] =>
  whose === "mine" ? [{ field: "assignee", op: "is_me" }, OPEN] : [OPEN];
const before = (day: string): Where => ({ field: "due_at", op: "lt", value: instantOf(day) });

/** Overdue ones: due on a day before today. */
export const overdue = (whose: Whose, today: string = ledgerDay()): Where => ({
  and: [...tasksOf(whose), before(today)],
});

/** Everything until the end of next week. */
export const dueSoon = (whose: Whose, today: string = ledgerDay()): Where => ({
  and: [...tasksOf(whose), before(addDays(mondayOf(today), 14))],
});

/** How many days ahead the end of a contract is told. */
export const DAYS_AHEAD = 30;

/** Contracts of customers that end soon: neither terminated nor with a renewal that is settled. */
export const contractsEnding = (whose: Whose, today: string = ledgerDay()): Where => ({
  and: [
    ...(whose === "mine" ? [{ field: "customer.owner", op: "is_me" } as Where] : []),
    { field: "end_on", op: "between", value: [today, addDays(today, DAYS_AHEAD)] },
    { field: "status", op: "not_in", value: ["terminated"] },
    { field: "renewal_status", op: "not_in", value: ["renewed", "not_renewed"] },
  ],
});

/** Customers that others gave to me in the last days. */
export const newToMe = (today: string = ledgerDay()): Where => ({
  and: [
    { field: "owner", op: "is_me" },
    { field: "created_at", op: "gte", value: instantOf(addDays(today, -7)) },
    { not: { field: "created_by", op: "is_me" } },
  ],
});
