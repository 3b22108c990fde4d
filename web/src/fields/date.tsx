import type { Operator } from "@/api/types";
import { parseDate } from "@/lib/dates";
import { late } from "@/ui/late";
import { plainText, type Widget } from "./widget";

export const DATE_OPERATORS: Operator[] = ["within", "gte", "lte", "eq", "between", "empty", "not_empty"];

export const widget: Widget = {
  types: ["date"],
  width: 116,
  inCell: "text",
  operators: DATE_OPERATORS,
  text: plainText,
  parse: (text) => (text.trim() === "" ? null : (parseDate(text) ?? undefined)),
  Input: late(async () => (await import("./inputs/date-input")).DateInput),
};
