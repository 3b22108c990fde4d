// What one copies or dials of a record.
import type { Entity, RecordValues } from "@/api/types";
import { titleField } from "@/fields/references";
import { showValue } from "@/fields/registry";
import { isEmpty, isMasked, plainText } from "@/fields/widget";
import { textOf } from "@/i18n";

const PHONES = ["mobile", "primary_contact_method", "office_phone", "recipient_phone"];
const CARD = [
  "contact_name",
  "position",
  "mobile",
  "primary_contact_name",
  "primary_contact_method",
  "office_phone",
  "email",
  "wechat",
  "main_address",
  "credit_code",
];

/** The number to call: one's own, else that of the main contact. Empty when there is none. */
export function phoneOf(entity: Entity, values: RecordValues): string {
  for (const key of PHONES) {
    const text = plainText(values[key]);
    if (entity.fields.some((field) => field.key === key) && /^[\d+][\d\s-]{4,}$/.test(text)) return text;
  }
  return "";
}

/** Name and contact data as lines of text, for a chat window. */
export function cardOf(entity: Entity, values: RecordValues): string {
  const lines = [plainText(values[titleField(entity.key)])];
  for (const key of CARD) {
    const field = entity.fields.find((one) => one.key === key);
    const value = values[key];
    if (!field || isEmpty(value) || isMasked(value)) continue;
    const text = showValue(field, value);
    if (!lines.some((line) => line.endsWith(text))) lines.push(`${textOf(field.label)} ${text}`);
  }
  return lines.join("\n");
}
