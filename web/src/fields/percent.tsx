import { formatNumber, parseNumber, shiftPoint } from "@/lib/money";
import { NumberText } from "./inputs/number-text";
import { NUMBER_OPERATORS } from "./number";
import { isEmpty, plainText, type Widget } from "./widget";

// A percentage travels as a fraction: 12.5 % is 0.125. People read and type points.
const points = (text: string): string => shiftPoint(text, 2);
const fraction = (text: string): string => shiftPoint(text, -2);

export const widget: Widget = {
  types: ["percent"],
  width: 100,
  align: "right",
  inCell: "text",
  operators: NUMBER_OPERATORS,
  text: (value) => (isEmpty(value) ? "" : `${formatNumber(points(plainText(value)))}%`),
  edit: (value) => (isEmpty(value) ? "" : points(plainText(value))),
  parse: (text) => {
    if (text.trim() === "") return null;
    const number = parseNumber(text.replace(/[%％]\s*$/, ""));
    return number === null ? undefined : fraction(number);
  },
  Input: ({ value, onChange, ...rest }) => (
    <NumberText
      {...rest}
      suffix="%"
      value={isEmpty(value) ? null : points(plainText(value))}
      onChange={(typed) => onChange(typed === null ? null : fraction(plainText(typed)))}
    />
  ),
};
