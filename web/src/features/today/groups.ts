// Tasks as rows of the page, in the groups in which one works through them.
import { t } from "@lingui/core/macro";
import type { Id, Reference, Value } from "@/api/types";
import { isReference } from "@/fields/widget";
import { addDays, ledgerDay } from "@/lib/dates";
import { mondayOf } from "@/ui/days";

export interface Task {
  id: Id;
  revision: number;
  title: string;
  due: string;
  type: string;
  customer: Reference | null;
  grade: string;
  mobile: string;
  lastContact: string;
  flags: string[];
  assignee: string;
}
export interface Group {
  key: "late" | "today" | "week" | "next";
  title: string;
  tasks: Task[];
}

const text = (value: Value): string => (typeof value === "string" ? value : "");

export function taskOf(row: { id: Id; revision: number; values: Record<string, Value> }): Task {
  const { customer } = row.values;
  return {
    id: row.id,
    revision: row.revision,
    title: text(row.values.title),
    due: text(row.values.due_at),
    type: text(row.values.type),
    customer: isReference(customer) ? customer : null,
    grade: text(row.values["customer.grade"]),
    mobile: text(row.values["customer.mobile"]),
    lastContact: text(row.values["customer.last_contact"]),
    flags: flagsOf(row.values["customer.flags"]),
    assignee: isReference(row.values.assignee) ? row.values.assignee.label : "",
  };
}

/** All of this page are to be followed up: that flag would stand on most. */
const flagsOf = (value: Value | undefined): string[] =>
  Array.isArray(value) ? value.map(String).filter((key) => key !== "follow_up_due") : [];

/** By the day on which they are due; empty groups are left out. */
export function groupTasks(tasks: Task[], today: string): Group[] {
  const nextMonday = addDays(mondayOf(today), 7);
  const keyOf = (task: Task): Group["key"] => {
    const day = ledgerDay(new Date(task.due));
    if (day < today) return "late";
    if (day === today) return "today";
    return day < nextMonday ? "week" : "next";
  };
  const groups: Group[] = [
    { key: "late", title: t`已逾期`, tasks: [] },
    { key: "today", title: t`今天`, tasks: [] },
    { key: "week", title: t`本周`, tasks: [] },
    { key: "next", title: t`下周`, tasks: [] },
  ];
  for (const task of [...tasks].sort((a, b) => Date.parse(a.due) - Date.parse(b.due) || a.id - b.id))
    groups.find((group) => group.key === keyOf(task))?.tasks.push(task);
  return groups.filter((group) => group.tasks.length > 0);
}
