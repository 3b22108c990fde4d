import { t } from "@lingui/core/macro";
import { late } from "@/ui/late";
import { isEmpty, type Widget } from "./widget";

const YES = ["是", "有", "对", "√", "✓", "yes", "y", "true", "1"];
const NO = ["否", "无", "不", "×", "no", "n", "false", "0"];

export const widget: Widget = {
  types: ["boolean"],
  width: 84,
  inCell: "toggle",
  operators: ["eq", "empty", "not_empty"],
  text: (value) => (isEmpty(value) ? "" : value ? t`是` : t`否`),
  parse: (text) => {
    const word = text.normalize("NFKC").trim().toLowerCase();
    if (word === "") return null;
    return YES.includes(word) ? true : NO.includes(word) ? false : undefined;
  },
  Input: late(async () => (await import("./inputs/choice-input")).BooleanInput),
};
