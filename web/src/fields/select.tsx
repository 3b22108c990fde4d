import { late } from "@/ui/late";
import { findOption, optionLabel } from "./options";
import type { Widget } from "./widget";

export const widget: Widget = {
  types: ["select"],
  width: 120,
  inCell: "input",
  operators: ["in", "not_in", "empty", "not_empty"],
  text: (value, field) => optionLabel(field, value),
  parse: (text, field) => (text.trim() === "" ? null : findOption(field, text)),
  Input: late(async () => (await import("./inputs/choice-input")).SelectInput),
};
