import { formatDateTime, parseDateTime } from "@/lib/dates";
import { late } from "@/ui/late";
import { DATE_OPERATORS } from "./date";
import { isEmpty, plainText, type Widget } from "./widget";

export const widget: Widget = {
  types: ["datetime"],
  width: 150,
  inCell: "text",
  operators: DATE_OPERATORS,
  text: (value) => (isEmpty(value) ? "" : formatDateTime(plainText(value))),
  parse: (text) => (text.trim() === "" ? null : (parseDateTime(text) ?? undefined)),
  Input: late(async () => (await import("./inputs/date-input")).DateTimeInput),
};
