import { t } from "@lingui/core/macro";
import { formatMoney, parseNumber } from "@/lib/money";
import { NumberText } from "./inputs/number-text";
import { NUMBER_OPERATORS } from "./number";
import { plainText, type Widget } from "./widget";

export const widget: Widget = {
  types: ["money"],
  width: 130,
  align: "right",
  inCell: "text",
  operators: NUMBER_OPERATORS,
  text: (value) => formatMoney(plainText(value)),
  edit: plainText,
  parse: (text) => (text.trim() === "" ? null : (parseNumber(text) ?? undefined)),
  Input: (props) => <NumberText {...props} suffix={t`元`} />,
};
