import { beforeAll, describe, expect, it } from "vitest";
import type { Field } from "@/api/types";
import { activate } from "@/i18n";
import { rangeOf } from "@/records/calendar/calendar";
import { withoutRepeats } from "@/records/detail/facts";
import { readOpen } from "@/records/detail/sheet";
import { missingPart, neighboursOf, type Trail, withPart } from "@/records/detail/trail";

beforeAll(() => activate("zh-CN"));

describe("the way through a list", () => {
  const trail: Trail = {
    entity: "customer",
    ids: [11, 12, 13, 14, 15, 16, 17, 18],
    start: 100,
    total: 300,
    read: async () => [],
  };

  it("tells the place of a record and who stands before and after", () => {
    expect(neighboursOf(trail, "customer", 14)).toEqual({
      place: 104,
      total: 300,
      more: false,
      before: 13,
      after: 15,
    });
    expect(neighboursOf(trail, "customer", 99)).toBeNull();
    expect(neighboursOf(trail, "order", 14)).toBeNull();
  });

  it("reads on before one comes to an end of what is known, at both ends", () => {
    expect(missingPart(trail, 14)).toBeNull();
    expect(missingPart(trail, 17)).toEqual({ at: 108, limit: 50 });
    expect(missingPart(trail, 12)).toEqual({ at: 50, limit: 50 });
    expect(missingPart({ ...trail, start: 20 }, 12)).toEqual({ at: 0, limit: 20 });
    expect(missingPart({ ...trail, start: 0, total: 8 }, 18)).toBeNull();
    expect(missingPart({ ...trail, read: undefined }, 18)).toBeNull();
  });

  it("grows at both ends, never twice by the same record, and learns where the list ends", () => {
    const longer = withPart(trail, 108, 50, [18, 19, 20]);
    expect(longer.ids.slice(-3)).toEqual([18, 19, 20]);
    expect(longer.total).toBe(110);
    expect(neighboursOf(withPart(trail, 98, 2, [9, 10]), "customer", 11)).toMatchObject({
      place: 101,
      before: 10,
    });
  });
});

describe("the side sheet in the address", () => {
  it("reads a record and nothing else", () => {
    expect(readOpen("order_line.15")).toEqual({ entity: "order_line", id: 15 });
    for (const bad of [undefined, 15, "customer", "customer.x", "../x.1", "customer.1.2"])
      expect(readOpen(bad)).toBeNull();
  });
});

describe("the values of a record", () => {
  const field = (key: string, label: string, more: Partial<Field> = {}): Field => ({
    key,
    label,
    type: "text",
    section: "联系方式",
    required: false,
    unique: false,
    sensitive: "none",
    derived: null,
    ...more,
  });
  const derived = { derived: { kind: "lookup" } as unknown as Field["derived"] };
  const fields = [
    field("primary_contact", "主要联系人", { type: "relation", ...derived }),
    field("primary_contact_name", "主要联系人姓名", derived),
    field("primary_contact_method", "主要联系人联系方式", derived),
    field("contact_name", "联系人姓名", derived),
    field("contact_method", "联系方式", derived),
  ];
  const keys = (values: Record<string, unknown>, among = fields) =>
    withoutRepeats(among, values as never).map((one) => one.key);

  it("says the main contact once: as a link, and by the short name of the field", () => {
    const contact = { id: 3, label: "沈若川" };
    const values = {
      primary_contact: contact,
      primary_contact_name: "沈若川",
      primary_contact_method: "19900006621",
      contact_name: "沈若川",
      contact_method: "19900006621",
    };
    expect(keys(values)).toEqual(["primary_contact", "contact_method"]);
    expect(keys({ ...values, contact_method: "0571-88886666" })).toContain("primary_contact_method");
  });

  it("keeps what was typed, what is empty, and dates and numbers that happen to be the same", () => {
    const typed = [field("mobile", "手机号码"), field("contact_method", "联系方式", derived)];
    expect(keys({ mobile: "19900006621", contact_method: "19900006621" }, typed)).toEqual(["mobile"]);
    const days = [
      field("first_order_on", "首次购买", { ...derived, value_type: "date" }),
      field("last_order_on", "最近购买", { ...derived, value_type: "date" }),
    ];
    expect(keys({ first_order_on: "2026-11-28", last_order_on: "2026-11-28" }, days)).toHaveLength(2);
    expect(keys({})).toHaveLength(5);
  });
});

describe("the days of a calendar", () => {
  it("fills a month up to whole weeks, from Monday on", () => {
    expect(rangeOf("month", "2026-11-28")).toEqual(["2026-10-26", "2026-12-06"]);
    expect(rangeOf("month", "2026-02-10")).toEqual(["2026-01-26", "2026-03-01"]);
    expect(rangeOf("week", "2026-11-29")).toEqual(["2026-11-23", "2026-11-29"]);
    expect(rangeOf("list", "2026-02-10")).toEqual(["2026-02-01", "2026-02-28"]);
  });
});
