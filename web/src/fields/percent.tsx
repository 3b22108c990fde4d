import { formatNumber, parseNumber } from "@/lib/money";
import { NumberText } from "./inputs/number-text";
import { NUMBER_OPERATORS } from "./number";
import { isEmpty, plainText, type Widget } from "./widget";

export const widget: Widget = {
  types: ["percent"],
  width: 100,
  align: "right",
  inCell: "text",
  operators: NUMBER_OPERATORS,
  text: (value) => (isEmpty(value) ? "" : `${formatNumber(plainText(value))}%`),
  edit: plainText,
  parse: (text) => (text.trim() === "" ? null : (parseNumber(text.replace(/[%％]\s*$/, "")) ?? undefined)),
  Input: (props) => <NumberText {...props} suffix="%" />,
};
