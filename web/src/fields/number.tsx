import type { Operator } from "@/api/types";
import { formatNumber, parseNumber } from "@/lib/money";
import { NumberText } from "./inputs/number-text";
import { plainText, type Widget } from "./widget";

export const NUMBER_OPERATORS: Operator[] = [
  "eq",
  "gte",
  "lte",
  "gt",
  "lt",
  "between",
  "ne",
  "empty",
  "not_empty",
];

export const widget: Widget = {
  types: ["integer", "number", "rating"],
  width: 110,
  align: "right",
  inCell: "text",
  operators: NUMBER_OPERATORS,
  text: (value) => formatNumber(plainText(value)),
  edit: plainText,
  parse: (text) => {
    if (text.trim() === "") return null;
    const number = parseNumber(text);
    return number === null ? undefined : Number.isSafeInteger(Number(number)) ? Number(number) : number;
  },
  Input: NumberText,
};
