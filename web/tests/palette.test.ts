import { beforeAll, expect, test } from "vitest";
import type { SearchHit, Session } from "@/api/types";
import { fits, noteOf, settingsParts } from "@/app/shell/palette-entries";
import { activate } from "@/i18n";

beforeAll(() => activate("zh-CN"));

const hit = (...texts: string[]): SearchHit => ({
  entity: "customer",
  id: 1,
  title: "宁波宏远贸易",
  subtitle: "2026-OTH-031",
  matched: texts.map((text) => ({ field: "x", text })),
});

test("a hit says by what it was found, unless its name or code says so", () => {
  expect(noteOf(hit("15926018159"))).toBe("15926018159 · 2026-OTH-031");
  expect(noteOf(hit("宁波宏远贸易", "2026-OTH-031"))).toBe("2026-OTH-031");
  expect(noteOf({ ...hit(), subtitle: null })).toBeUndefined();
});

test("words of the settings lead there, of what only some may do only those", () => {
  const find = (typed: string, ...rights: string[]) =>
    settingsParts({ permissions: rights.map((right) => `ledger:${right}`) } as Session)
      .filter((part) => fits(part, typed))
      .map((part) => part.to);
  expect(find("密码")).toEqual(["/settings"]);
  expect(find("shouji")).toEqual(["/phone"]);
  expect(find("账号")).toEqual([]);
  expect(find("账号", "accounts")).toEqual(["/settings"]);
  expect(find("字段", "catalog")).toEqual(["/designer/customer"]);
  expect(find("bf", "backup")).toEqual(["/settings"]);
});
