// Which tasks stand on the page 今日: one's own open ones, by when they are due.
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

/** Customers that others gave to me in the last days. */
export const newToMe = (today: string = ledgerDay()): Where => ({
  and: [
    { field: "owner", op: "is_me" },
    { field: "created_at", op: "gte", value: instantOf(addDays(today, -7)) },
    { not: { field: "created_by", op: "is_me" } },
  ],
});
