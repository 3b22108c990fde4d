import { late } from "@/ui/late";
import { plainText, type Widget } from "./widget";

export const widget: Widget = {
  types: ["relation", "user"],
  width: 150,
  inCell: "input",
  operators: ["in", "not_in", "empty", "not_empty"],
  text: plainText,
  // Names are looked up on the server when a range is pasted; a cell opens the list instead.
  parse: (text) => (text.trim() === "" ? null : undefined),
  Input: late(async () => (await import("./inputs/relation-select")).RelationSelect),
};
