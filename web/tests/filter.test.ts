import { beforeAll, describe, expect, it } from "vitest";
import type { Entity, Field, Where } from "@/api/types";
import { rememberName } from "@/fields/references";
import { activate } from "@/i18n";
import {
  conditionText,
  isComplete,
  itemText,
  operatorsOf,
  sentenceOf,
  toFilter,
  toWhere,
} from "@/records/filter/conditions";
import { namedIn } from "@/records/filter/names";

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

const customer: Entity = {
  key: "customer",
  label: "客户",
  fields: [grade, field("owner", "user"), field("total_amount", "money")],
  relations: [{ key: "orders", entity: "order", field: "customer", label: "订单" }],
};
const half = { period: "last", unit: "month", n: 6 } as const;

describe("filter rows and where", () => {
  it("joins complete rows and leaves half-finished ones out", () => {
    const where = toWhere([
      { field: "industry", op: "in", value: ["retail"] },
      { field: "name", op: "contains", value: "" },
      { field: "owner", op: "is_me", value: "forgotten" },
      { any: [{ field: "total_amount", op: "between", value: ["1", null] }] },
      {
        any: [
          { field: "stage", op: "empty" },
          { field: "grade", op: "eq", value: "a" },
        ],
      },
      { relation: "orders", has: false, date: "ordered_on", period: half },
    ]);
    expect(where).toEqual({
      and: [
        { field: "industry", op: "in", value: ["retail"] },
        { field: "owner", op: "is_me" },
        {
          or: [
            { field: "stage", op: "empty" },
            { field: "grade", op: "eq", value: "a" },
          ],
        },
        { none: { relation: "orders", where: { field: "ordered_on", op: "within", value: half } } },
      ],
    });
  });

  it("has no where without conditions", () => {
    expect(toWhere([])).toBeUndefined();
    expect(toWhere([{ field: "tags", op: "any_of", value: [] }])).toBeUndefined();
  });

  it("reads every where back and keeps what rows cannot show", () => {
    const wheres: Where[] = [
      { field: "name", op: "contains", value: "宏远" },
      {
        or: [
          { field: "a", op: "empty" },
          { field: "b", op: "empty" },
        ],
      },
      { and: [{ field: "a", op: "empty" }, { not: { field: "name", op: "empty" } }] },
      { some: { relation: "orders" } },
      {
        and: [
          { none: { relation: "orders", where: { field: "amount", op: "gt", value: 5 } } },
          { field: "a", op: "empty" },
        ],
      },
    ];
    for (const where of wheres) expect(toWhere(toFilter(where))).toEqual(where);
    expect(toFilter(undefined)).toEqual([]);
  });

  it("tells a filter as one sentence", () => {
    const filter = toFilter({
      and: [
        {
          or: [
            { field: "等级", op: "in", value: ["a"] },
            { field: "total_amount", op: "gte", value: "50000" },
          ],
        },
        { none: { relation: "orders", where: { field: "ordered_on", op: "within", value: half } } },
      ],
    });
    expect(sentenceOf(customer, filter)).toBe(
      "（等级 是 A 类，或total_amount 不小于 50,000.00），而且过去 6 个月没有 订单",
    );
    expect(filter.map((item) => itemText(customer, item))).toEqual([
      { about: "任一", value: "2 个条件" },
      { about: "过去 6 个月没有", value: "订单" },
    ]);
  });

  it("knows zero and false as values", () => {
    expect(isComplete({ field: "order_count", op: "eq", value: 0 })).toBe(true);
    expect(isComplete({ field: "is_vip", op: "eq", value: false })).toBe(true);
  });

  it("reads a condition as a sentence", () => {
    expect(conditionText(grade, { field: "等级", op: "in", value: ["a", "z"] })).toBe("等级 是 A 类、z");
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

describe("people and records in conditions", () => {
  const owner = customer.fields[1] as Field;
  it("are said by their names as soon as these are known", () => {
    const where: Where = {
      and: [{ field: "owner", op: "eq", value: 41 }, { not: { field: "等级", op: "empty" } }],
    };
    expect(namedIn(customer, where)).toEqual(new Map([["user", [41]]]));
    expect(conditionText(owner, { field: "owner", op: "eq", value: 41 })).toBe("owner 是 …");
    rememberName("user", 41, "林晓岚");
    expect(conditionText(owner, { field: "owner", op: "eq", value: 41 })).toBe("owner 是 林晓岚");
    expect(sentenceOf(customer, toFilter(where))).toContain("林晓岚");
  });
  it("are looked for in every part of a filter, each once", () => {
    const where: Where = {
      or: [
        { field: "owner", op: "eq", value: 5 },
        {
          and: [
            { field: "owner", op: "ne", value: 5 },
            { field: "owner", op: "is_me" },
          ],
        },
        { some: { relation: "orders", where: { field: "owner", op: "eq", value: 9 } } },
      ],
    };
    expect(namedIn(customer, where)).toEqual(new Map([["user", [5]]]));
    expect(namedIn(customer, undefined).size).toBe(0);
  });
});
