import { expect, it } from "vitest";
import type { MergeField, MergePreview } from "@/api/types";
import { resultOf, sameValues, takenOf, withTake } from "@/features/merging/result";

const preview = {
  keep: 7,
  records: [{ id: 7 }, { id: 9 }],
  related: [],
  fields: [],
} as unknown as MergePreview;
const name: MergeField = { field: "name", rule: "keep", values: ["宏远贸易", "上海宏远"], take: [7] };
const tags: MergeField = { field: "tags", rule: "all", values: [["冷链"], ["重点", "冷链"]], take: [7, 9] };
const opening: MergeField = {
  field: "opening",
  rule: "sum",
  values: ["1.00", "2.00"],
  take: [],
  result: "3.00",
};

it("a field takes the rule's value until somebody chooses another", () => {
  expect(resultOf(name, preview, {})).toBe("宏远贸易");
  expect(resultOf(name, preview, withTake(name, {}, 9))).toBe("上海宏远");
  expect(resultOf(tags, preview, {})).toEqual(["冷链", "重点"]);
  expect(resultOf(tags, preview, withTake(tags, {}, 9))).toEqual(["冷链"]);
  expect(takenOf(tags, withTake(tags, { tags: [] }, 9))).toEqual([9]);
  expect(resultOf(opening, preview, {})).toBe("3.00");
  expect(resultOf(opening, preview, withTake(opening, {}, 7))).toBe("1.00");
  expect(sameValues(name)).toBe(false);
  expect(sameValues({ ...name, values: [null, null] })).toBe(true);
});
