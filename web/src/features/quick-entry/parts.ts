// From recognised pieces to the lines of the form, and from the lines to the record that is sent.
import type { Catalog, Field, FollowUp, Recognised, RecordValues } from "@/api/types";
import { instantOf } from "@/lib/dates";

export interface Line {
  entity: string;
  field: string;
  about: Field;
}
/** Values by "entity.field". */
export type Filled = Record<string, string | undefined>;

export const lineKey = (line: { entity: string; field: string }): string => `${line.entity}.${line.field}`;

// In the order in which one checks them; the first ones are always there.
const ALWAYS = ["customer.name", "customer.kind", "contact.name", "customer.mobile"];
const ORDER = [
  "customer.name",
  "customer.kind",
  "contact.name",
  "contact.position",
  "customer.mobile",
  "customer.office_phone",
  "customer.wechat",
  "customer.email",
  "customer.website",
  "address.region",
  "address.detail",
  "customer.credit_code",
  "safety_note.items",
  "task.due_at",
  "customer.source",
  "customer.remark",
];
// These belong to the person when the customer is a firm.
const OF_CONTACT = ["mobile", "wechat", "email"];

/** The first find of each field; whether it is a firm follows from the name. */
export function filledFrom(found: Recognised[]): Filled {
  const filled: Filled = {};
  for (const one of found) filled[lineKey(one)] ??= one.value;
  const person = filled["contact.name"];
  if (!filled["customer.name"] && person) filled["customer.name"] = person;
  if (filled["customer.name"])
    filled["customer.kind"] = filled["customer.name"] === person ? "person" : "enterprise";
  return filled;
}

/** The lines to show: what is filled, and what every customer has. */
export function linesOf(catalog: Catalog | undefined, filled: Filled): Line[] {
  return ORDER.flatMap((key) => {
    const [entity = "", field = ""] = key.split(".");
    const about = catalog?.entities
      .find((one) => one.key === entity)
      ?.fields.find((one) => one.key === field);
    if (!about) return [];
    // A person is no contact of himself.
    if (entity === "contact" && filled["customer.kind"] === "person") return [];
    return ALWAYS.includes(key) || filled[key] ? [{ entity, field, about }] : [];
  });
}

/** Sets one value; emptied ones stay empty, whatever is recognised. */
export const setLine = (filled: Filled, line: Line, value: string): Filled => ({
  ...filled,
  [lineKey(line)]: value,
});

export interface Entry {
  customer: RecordValues;
  /** The first follow-up, which keeps the original text and sets the next date. */
  followUp: Omit<FollowUp, "customer"> | null;
}

export function recordFrom(filled: Filled, text: string): Entry {
  const isFirm = filled["customer.kind"] === "enterprise";
  const customer: RecordValues = {};
  const contact: Record<string, string> = {};
  const address: Record<string, string> = {};
  for (const [key, value] of Object.entries(filled)) {
    if (!value?.trim()) continue;
    const [entity, field = ""] = key.split(".");
    if (entity === "contact" || (isFirm && entity === "customer" && OF_CONTACT.includes(field)))
      contact[field] = value;
    else if (entity === "address") address[field] = value;
    else if (entity === "customer") customer[field] = value;
  }
  if (isFirm && contact.name) customer.contacts = [contact];
  else for (const key of OF_CONTACT) if (contact[key]) customer[key] = contact[key];
  if (address.detail) customer.addresses = [address];
  const items = filled["safety_note.items"]?.split(/[、,，]/).filter(Boolean);
  if (items?.length) customer.safety_notes = [{ type: "allergy", items }] as unknown as RecordValues[string];
  const due = filled["task.due_at"];
  const followUp = text.trim()
    ? {
        content: text.trim(),
        channel: "wechat",
        result: "effective_contact",
        next_at: due ? instantOf(due) : null,
      }
    : null;
  return { customer, followUp };
}
