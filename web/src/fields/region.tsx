import { late } from "@/ui/late";
import { divisionName } from "./regions";
import { plainText, type Widget } from "./widget";

export const widget: Widget = {
  types: ["region"],
  width: 150,
  inCell: "text",
  operators: ["under", "eq", "empty", "not_empty"],
  text: (value) => divisionName(plainText(value)),
  // The server reads names as well as codes.
  parse: (text) => text.trim() || null,
  Input: late(async () => (await import("./inputs/region-input")).RegionInput),
};
