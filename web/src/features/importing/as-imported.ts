// The columns of a file as columns of the list: in the file's order, each where the ledger shows its values.
import type { Entity, ImportJob } from "@/api/types";

/** Where values stand that went to another record or into a figure; fields that an entity lacks are left out. */
const SHOWN: Record<string, string> = {
  opening_amount: "total_amount",
  opening_count: "order_count",
  opening_last_on: "last_cooperation_on",
  "contacts.name": "primary_contact_name",
  "contacts.position": "primary_contact_position",
  "contacts.mobile": "primary_contact_method",
  "contacts.office_phone": "primary_contact_method",
  "contacts.email": "primary_contact_method",
  "addresses.detail": "main_address",
  "tasks.due_at": "next_follow_up",
  "interactions.next_follow_up": "next_follow_up",
  "flag_records.type": "flags",
  "contracts.code": "contract_codes",
};

export function columnsOf(job: ImportJob, entity: Entity): string[] {
  const known = new Set(entity.fields.map((field) => field.key));
  const sheet = (job.sheets ?? []).find((one) => one.entity === entity.key) ?? job.sheets?.[0];
  const keys = (sheet?.columns ?? []).map((column) => {
    const field = column.field ?? "";
    // A column of another record that is called as one here goes there: 客户名称 of a sheet of orders.
    return SHOWN[field] ?? (field.includes(".") ? (field.split(".")[0] ?? "") : field);
  });
  return [...new Set(keys.filter((key) => known.has(key)))];
}

/** What the view is called: the file's name without its ending. */
export const viewName = (filename: string): string =>
  filename.replace(/\.[^.]+$/, "").slice(0, 60) || filename;
