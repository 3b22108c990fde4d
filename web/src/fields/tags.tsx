import { t } from "@lingui/core/macro";
import type { Value } from "@/api/types";
import { late } from "@/ui/late";
import { findOption, optionLabel } from "./options";
import type { Widget } from "./widget";

const list = (value: Value): string[] => (Array.isArray(value) ? value.map(String) : []);

export const widget: Widget = {
  types: ["tags", "multi_select"],
  width: 180,
  inCell: "input",
  operators: ["any_of", "all_of", "none_of", "empty", "not_empty"],
  text: (value, field) =>
    list(value)
      .map((item) => optionLabel(field, item))
      .join(t`、`),
  parse: (text, field) => {
    const words = text
      .split(/[、,，;；|\n]/)
      .map((word) => word.trim())
      .filter(Boolean);
    if (words.length === 0) return null;
    const keys = words.map((word) => findOption(field, word) ?? (field.type === "tags" ? word : undefined));
    return keys.some((key) => key === undefined) ? undefined : (keys as string[]);
  },
  Input: late(async () => (await import("./inputs/choice-input")).TagsInput),
};
