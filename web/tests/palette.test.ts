import { beforeAll, expect, test } from "vitest";
import type { SearchHit, Session } from "@/api/types";
import { bestFirst, type Entry, factsOf, fits, noteOf, settingsParts } from "@/app/shell/palette-entries";
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
      .filter((part) => fits(part, typed) > 0)
      .map((part) => part.to);
  expect(find("密码")).toEqual(["/settings"]);
  expect(find("shouji")).toEqual(["/phone"]);
  expect(find("账号")).toEqual([]);
  expect(find("账号", "accounts")).toEqual(["/settings"]);
  expect(find("字段", "catalog")).toEqual(["/designer/customer"]);
  expect(find("bf", "backup")).toEqual(["/settings"]);
});

test("settings and actions are found by pinyin, initials, and syllables typed apart", () => {
  const titles = (typed: string) =>
    settingsParts({ permissions: ["ledger:accounts", "ledger:catalog", "ledger:backup"] } as Session)
      .filter((part) => fits(part, typed) > 0)
      .map((part) => part.title);
  for (const typed of ["改密码", "gaimima", "gai mi ma", "gmm", "password"])
    expect(titles(typed), typed).toEqual(["改密码"]);
  expect(titles("lingpai")).toEqual(["程序用的令牌"]);
  expect(titles("tongshi")).toEqual(["同事和账号"]);
  expect(titles("xyz")).toEqual([]);
});

test("every fixed entry can be found by the words that it shows", () => {
  for (const part of settingsParts({
    permissions: ["ledger:accounts", "ledger:catalog", "ledger:backup"],
  } as Session))
    expect(part.words?.split(" "), part.title).toContain(part.title);
});

test("a better beginning comes first, and one letter is no piece from within a word", () => {
  const entries = [
    { group: "操作", title: "导出", words: "daochu dc" },
    { group: "去", title: "看板", words: "kanban kb" },
    { group: "操作", title: "快速录入", words: "kuaisuluru kslr" },
  ];
  expect(bestFirst(entries, "k").map((one) => one.title)).toEqual(["看板", "快速录入"]);
  expect(bestFirst(entries, "lu").map((one) => one.title)).toEqual(["快速录入"]);
  expect(bestFirst(entries, "").length).toBe(0);
});

test("a customer's line tells grade, being late, and whose it is", () => {
  const late = factsOf({
    grade: "a",
    next_follow_up: "2020-01-01T00:00:00Z",
    owner: { id: 2, label: "林晓岚" },
  });
  expect(late.grade?.key).toBe("a");
  expect(late.due).toMatch(/^逾期 [\d,]+ 天$/);
  expect(late.owner).toBe("林晓岚");
  const calm: Pick<Entry, "grade" | "due" | "owner"> = factsOf({
    next_follow_up: "2099-01-01T00:00:00Z",
    owner: null,
  });
  expect(calm).toEqual({ grade: undefined, due: undefined, owner: "公海" });
  expect(factsOf({}).owner, "who may not see the owner is not told that there is none").toBeUndefined();
});
