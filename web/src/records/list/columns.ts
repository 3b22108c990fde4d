// Which columns a list begins with; lists of what hangs on a record show the first four of them.
import type { Entity, Field } from "@/api/types";
import { titleField } from "@/fields/references";
import { isWritable } from "@/fields/registry";

const FIRST_COLUMNS: Record<string, string[]> = {
  customer: [
    "name",
    "code",
    "kind",
    "stage",
    "grade",
    "owner",
    "contact_name",
    "contact_method",
    "industry",
    "region",
    "next_follow_up",
    "last_cooperation_on",
    "total_amount",
    "tags",
  ],
  contact: [
    "name",
    "position",
    "mobile",
    "decision_role",
    "customer",
    "email",
    "wechat",
    "birth_date",
    "status",
  ],
  interaction: ["content", "occurred_at", "channel", "result", "customer", "user", "next_follow_up"],
  task: ["title", "due_at", "assignee", "status", "customer", "type", "priority"],
  order: [
    "code",
    "ordered_on",
    "summary",
    "amount",
    "status",
    "customer",
    "unpaid_amount",
    "due_on",
    "owner",
  ],
  contract: ["name", "end_on", "amount", "status", "customer", "code", "type", "signed_on", "paid_amount"],
  payment: ["code", "due_on", "amount", "status", "customer", "order", "paid_on", "payment_method"],
  opportunity: ["name", "stage", "amount", "expected_close_on", "customer", "owner", "win_percent", "need"],
  ticket: [
    "subject",
    "received_at",
    "status",
    "handler",
    "customer",
    "type",
    "priority",
    "code",
    "resolved_at",
  ],
};
const START_WITH = 10;
const TOO_LONG = ["long_text", "file"];

/** Fields that a list may show at all. */
export const listable = (field: Field): boolean => field.type !== "file";

/** The columns that an entity begins with. */
export function beginning(entity: Entity): string[] {
  const keys = entity.fields.map((field) => field.key);
  const known = FIRST_COLUMNS[entity.key]?.filter((key) => keys.includes(key));
  if (known && known.length > 3) return known;
  const title = titleField(entity.key);
  const plain = entity.fields.filter(
    (field) => !TOO_LONG.includes(field.type) && field.sensitive !== "secret",
  );
  const first = plain.filter(
    (field) => isWritable(field) || field.type === "autonumber" || field.key === title,
  );
  return [title, ...first.map((field) => field.key).filter((key) => key !== title)].slice(0, START_WITH);
}
