// What stands on the page 今日: one's own open tasks by when they are due, and what concerns one's own customers.
import type { Where } from "@/api/types";
import { addDays, instantOf, ledgerDay } from "@/lib/dates";
import { mondayOf } from "@/ui/days";

const MINE: Where[] = [
  { field: "assignee", op: "is_me" },
  { field: "status", op: "eq", value: "open" },
];
const before = (day: string): Where => ({ field: "due_at", op: "lt", value: instantOf(day) });

/** Overdue ones: due on a day before today. */
export const overdueForMe = (today: string = ledgerDay()): Where => ({ and: [...MINE, before(today)] });

/** Everything until the end of next week. */
export const dueSoonForMe = (today: string = ledgerDay()): Where => ({
  and: [...MINE, before(addDays(mondayOf(today), 14))],
});

/** How many days ahead the end of a contract is told. */
export const DAYS_AHEAD = 30;

/** Contracts of one's customers that end soon: neither terminated nor with a renewal that is settled. */
export const contractsEnding = (today: string = ledgerDay()): Where => ({
  and: [
    { field: "customer.owner", op: "is_me" },
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
