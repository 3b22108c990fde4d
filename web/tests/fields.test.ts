import { beforeAll, describe, expect, it } from "vitest";
import type { Field } from "@/api/types";
import { findOption } from "@/fields/options";
import { editValue, isWritable, showValue, widgetOf, wireValues } from "@/fields/registry";
import { activate } from "@/i18n";

const field = (type: string, more: Partial<Field> = {}): Field => ({
  key: "f",
  type,
  label: "字段",
  section: null,
  required: false,
  unique: false,
  sensitive: "none",
  derived: null,
  ...more,
});
const industry = field("select", {
  options: [
    { key: "manufacturing", label: { "zh-CN": "制造业", en: "Manufacturing" } },
    { key: "retail", label: { "zh-CN": "批发零售", en: "Wholesale and retail" } },
    { key: "retail_online", label: { "zh-CN": "批发电商", en: "Online" } },
  ],
});

beforeAll(() => activate("zh-CN"));

describe("fields", () => {
  it("finds options by key, label in either language, or a unique beginning", () => {
    expect(findOption(industry, "制造业")).toBe("manufacturing");
    expect(findOption(industry, "manufacturing")).toBe("manufacturing");
    expect(findOption(industry, "wholesale AND retail")).toBe("retail");
    expect(findOption(industry, "制造")).toBe("manufacturing");
    expect(findOption(industry, "批发")).toBeUndefined();
    expect(findOption(industry, "航天")).toBeUndefined();
  });

  it("shows values the way people read them and edits them the way they type", () => {
    const money = field("money");
    expect(showValue(money, "86400.00")).toBe("86,400.00");
    expect(editValue(money, "86400.00")).toBe("86400.00");
    expect(showValue(industry, "retail")).toBe("批发零售");
    expect(showValue(field("boolean"), true)).toBe("是");
    expect(showValue(field("boolean"), null)).toBe("");
    expect(showValue(field("user"), { id: 3, label: "林晓岚" })).toBe("林晓岚");
    expect(showValue(field("no_such_type"), "x")).toBe("x");
  });

  it("knows birthdays without a year and by the Chinese calendar, and makes none of them a day of this year", () => {
    const birthday = field("birthday");
    const { parse } = widgetOf(birthday);
    expect(showValue(birthday, "1990-05-20")).toBe("1990-05-20");
    expect(showValue(birthday, "--11-30")).toBe("11月30日");
    expect(showValue(birthday, "lunar:--04-26")).toBe("农历四月廿六");
    expect(showValue(birthday, "lunar:1990-L05-10")).toBe("农历1990年闰五月初十");
    for (const typed of ["5-20", "5月20日", "05/20", "--05-20"])
      expect(parse(typed, birthday)).toBe("--05-20");
    expect(parse("2-29", birthday)).toBe("--02-29");
    expect(parse("1990年5月20日", birthday)).toBe("1990-05-20");
    expect(parse("农历四月廿六", birthday)).toBe("农历四月廿六");
    expect(parse("13-40", birthday)).toBeUndefined();
    expect(parse("明天", birthday)).toBeUndefined();
  });

  it("reads pasted text or says that it does not fit", () => {
    expect(widgetOf(field("money")).parse("8.64万", field("money"))).toBe("86400");
    expect(widgetOf(field("money")).parse("很多", field("money"))).toBeUndefined();
    expect(widgetOf(field("money")).parse("", field("money"))).toBeNull();
    expect(widgetOf(field("integer")).parse("36", field("integer"))).toBe(36);
    expect(widgetOf(field("boolean")).parse("√", field("boolean"))).toBe(true);
    const tags = field("tags", { options: industry.options });
    expect(widgetOf(tags).parse("制造业、老客户", tags)).toEqual(["manufacturing", "老客户"]);
    const several = field("multi_select", { options: industry.options });
    expect(widgetOf(several).parse("制造业，没有的", several)).toBeUndefined();
  });

  it("writes derived fields only where a typed value is allowed", () => {
    expect(isWritable(field("text"))).toBe(true);
    expect(isWritable(field("rollup", { derived: { kind: "rollup" } }))).toBe(false);
    expect(isWritable(field("select", { derived: { kind: "rule" }, typed: true }))).toBe(true);
  });

  it("sends references as ids", () => {
    expect(wireValues({ owner: { id: 3, label: "林晓岚" }, name: "宏远" })).toEqual({
      owner: 3,
      name: "宏远",
    });
  });
});
