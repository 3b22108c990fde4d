import { beforeAll, expect, test } from "vitest";
import type { SearchHit, Session } from "@/api/types";
import { type Entry, factsOf, noteOf, settingsParts } from "@/app/shell/palette-entries";
import { bestFirst, fits, metIn } from "@/app/shell/palette-match";
import { activate } from "@/i18n";
import { piecesOf } from "@/ui/marked";

beforeAll(() => activate("zh-CN"));

const hit = (...texts: string[]): SearchHit => ({
  entity: "customer",
  id: 1,
  title: "宁波宏远贸易",
  subtitle: "2026-OTH-031",
  matched: texts.map((text) => ({ field: "x", text, met: [[0, 2]] })),
});

test("a hit says by what it was found, unless its name or code says so, and which letters of it were", () => {
  expect(noteOf(hit("15926018159"))).toEqual({ note: "15926018159 · 2026-OTH-031", noteMet: [[0, 2]] });
  expect(noteOf(hit("宁波宏远贸易", "2026-OTH-031"))).toEqual({ note: "2026-OTH-031", noteMet: [[0, 2]] });
  expect(noteOf(hit("宏远", "宁波宏远贸易")).note, "a short name that the name holds").toBe("2026-OTH-031");
  const both = {
    note: "𠮷野 · 2026-OTH-031",
    noteMet: [
      [0, 2],
      [5, 7],
    ],
  };
  expect(noteOf(hit("𠮷野", "2026-OTH-031"))).toEqual(both);
  expect(noteOf({ ...hit(), subtitle: null })).toEqual({ note: undefined, noteMet: [] });
});

test("the letters that were typed stand out, and those that pinyin or initials spell", () => {
  const shown = (title: string, words: string, typed: string) =>
    piecesOf(title, metIn({ title, words }, typed))
      .map(({ text, isMet }) => (isMet ? `[${text}]` : text))
      .join("");
  const week = "7tianneiyaogenjin 7tnygj";
  for (const [typed, expected] of [
    ["要跟", "7 天内[要跟]进"],
    ["genj", "7 天内要[跟进]"],
    ["gen jin", "7 天内要[跟进]"],
    ["tnyg", "7 [天内要跟]进"],
    ["7tian", "[7] [天]内要跟进"],
    ["gj", "7 天内要[跟进]"],
    ["拜访", "7 天内要跟进"],
  ])
    expect(shown("7 天内要跟进", week, typed as string), typed).toBe(expected);
  const redo = "重做上一步 redo zhongzuoshangyibu chongzuoshangyibu zzsyb czsyb";
  expect(shown("重做上一步", redo, "chong")).toBe("[重]做上一步");
  expect(shown("重做上一步", redo, "zzs")).toBe("[重做上]一步");
  expect(shown("重做上一步", redo, "redo"), "another word was found").toBe("重做上一步");
  expect(shown("看板", "看板 board kanban kb", "k")).toBe("[看]板");
  expect(shown("方案", "fangan fa", "an")).toBe("方[案]");
  expect(shown("Board", "看板 board kanban kb", "boa")).toBe("[Boa]rd");
  expect(shown("<b>宏远</b>", "", "<b>")).toBe("[<b>]宏远</b>");
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
