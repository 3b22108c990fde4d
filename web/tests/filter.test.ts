import { beforeAll, describe, expect, it } from "vitest";
import type { Field, Where } from "@/api/types";
import { activate } from "@/i18n";
import { conditionText, isComplete, operatorsOf, toFilter, toWhere } from "@/records/filter/conditions";

const field = (key: string, type: string, more: Partial<Field> = {}): Field => ({
  key,
  type,
  label: { "zh-CN": key, en: key },
  section: null,
  required: false,
  unique: false,
  sensitive: "none",
  derived: null,
  ...more,
});
const grade = field("等级", "select", { options: [{ key: "a", label: { "zh-CN": "A 类", en: "A" } }] });

beforeAll(() => activate("zh-CN"));

describe("filter rows and where", () => {
  it("joins complete rows and leaves half-finished ones out", () => {
    const where = toWhere({
      join: "or",
      conditions: [
        { field: "industry", op: "in", value: ["retail"] },
        { field: "name", op: "contains", value: "" },
        { field: "owner", op: "is_me", value: "forgotten" },
        { field: "total_amount", op: "between", value: ["1", null] },
      ],
    });
    expect(where).toEqual({
      or: [
        { field: "industry", op: "in", value: ["retail"] },
        { field: "owner", op: "is_me" },
      ],
    });
  });

  it("has no where without conditions", () => {
    expect(toWhere({ join: "and", conditions: [] })).toBeUndefined();
    expect(
      toWhere({ join: "and", conditions: [{ field: "tags", op: "any_of", value: [] }] }),
    ).toBeUndefined();
  });

  it("reads rows back, and says when a where is too deep for rows", () => {
    const flat: Where = { and: [{ field: "name", op: "contains", value: "宏远" }] };
    expect(toFilter(flat)).toEqual({ join: "and", conditions: flat.and });
    expect(toFilter({ and: [{ not: { field: "name", op: "empty" } }] })).toBeNull();
    expect(toFilter({ some: { relation: "orders" } })).toBeNull();
    expect(toFilter(undefined)).toEqual({ join: "and", conditions: [] });
  });

  it("knows zero and false as values", () => {
    expect(isComplete({ field: "order_count", op: "eq", value: 0 })).toBe(true);
    expect(isComplete({ field: "is_vip", op: "eq", value: false })).toBe(true);
  });

  it("reads a condition as a sentence", () => {
    expect(conditionText(grade, { field: "等级", op: "in", value: ["a", "z"] })).toBe(
      "等级 是其中之一 A 类、z",
    );
    const date = field("下次跟进", "date");
    expect(
      conditionText(date, { field: "下次跟进", op: "within", value: { period: "next", unit: "day", n: 7 } }),
    ).toBe("下次跟进 在 未来 7 天");
    expect(conditionText(date, { field: "下次跟进", op: "empty" })).toBe("下次跟进 没填");
  });

  it("offers the operators of a derived field's value", () => {
    const rollup = field("累计金额", "rollup", { derived: { kind: "rollup" }, value_type: "money" });
    expect(operatorsOf(rollup)).toContain("gte");
    expect(operatorsOf(field("owner", "user"))).toContain("is_me");
  });
});
