import { beforeAll, describe, expect, it } from "vitest";
import type { Field, View } from "@/api/types";
import { activate } from "@/i18n";
import { tableHtml } from "@/lib/tables";
import { netMoves } from "@/records/board/counts";
import { columnTitle, overviewAmount, overviewText } from "@/records/grid/cells";
import { RowStore } from "@/records/grid/row-store";
import { type RowGroup, Rows } from "@/records/grid/rows";
import { difference, onTop, paramsOfView, readListSearch, viewOfParams } from "@/records/list/params";
import { restAfter } from "@/records/list/use-groups";

beforeAll(() => activate("zh-CN"));

describe("the address of a list", () => {
  const view: View = {
    id: 7,
    entity: "customer",
    name: "7 天内要跟进",
    shared: false,
    own: true,
    standard: false,
    revision: 1,
    data: {
      select: ["name", "owner"],
      where: { field: "owner", op: "is_me" },
      sort: [{ field: "name", order: "desc" }],
      layout: {
        group: "grade",
        freeze: 1,
        widths: "name:240",
        rules: [{ where: { field: "a", op: "empty" }, family: "red" }],
      },
    },
  };

  it("holds what differs from the view, and shows the same again", () => {
    const base = paramsOfView(view);
    const wanted = { ...base, where: null, sort: "", group: "stage", q: "宏远" };
    const address = difference(base, wanted);
    expect(address).toEqual({ where: null, sort: "", group: "stage", q: "宏远" });
    const again = onTop(base, readListSearch({ view: 7, ...address }));
    expect(difference(again, wanted)).toEqual({});
    expect(difference(base, base)).toEqual({});
  });

  it("saves a view as it is seen", () => {
    const params = paramsOfView(view);
    const saved = { ...view, data: viewOfParams(params) };
    expect(paramsOfView(saved)).toEqual(params);
  });

  it("leaves out what makes no sense", () => {
    expect(
      readListSearch({ as: "pie", freeze: "x", rules: [{ family: "red" }, 3], view: "1", where: "a" }),
    ).toEqual({
      rules: [],
    });
  });
});

describe("lines of a grouped list", () => {
  const group = (key: string, count: number): RowGroup => ({ key, label: key, value: key, count, sums: {} });
  const rows = (folded: string[]) =>
    new Rows(
      new RowStore("customer", { select: [] }, () => undefined),
      [group("a", 2), group("b", 0), group("c", 3)],
      new Set(folded),
    );

  it("puts a line above each group", () => {
    const open = rows([]);
    expect(open.length).toBe(8);
    expect([0, 1, 2, 3, 4, 5, 6, 7].map((line) => open.group(line)?.key ?? open.index(line))).toEqual([
      "a",
      0,
      1,
      "b",
      "c",
      2,
      3,
      4,
    ]);
    for (const index of [0, 1, 2, 3, 4]) expect(open.index(open.line(index))).toBe(index);
  });

  it("takes the rows of a folded group away", () => {
    const folded = rows(["a"]);
    expect([0, 1, 2, 3, 4, 5].map((line) => folded.group(line)?.key ?? folded.index(line))).toEqual([
      "a",
      "b",
      "c",
      2,
      3,
      4,
    ]);
    expect(folded.line(1)).toBe(0);
    expect(folded.index(6)).toBeUndefined();
  });
});

describe("figures of a list", () => {
  it("follow changes at once where they are quick, and rest where they are slow", () => {
    expect(restAfter(8, 0)).toBe(250);
    expect(restAfter(1_200, 0)).toBe(12_000);
    expect(restAfter(1_200, 5_000)).toBe(7_000);
    expect(restAfter(1_200, 60_000), "after a quiet minute they follow at once").toBe(250);
  });
  it("count a card in the column it was moved to, however often it was moved", () => {
    const steps: [string, string][] = [
      ["potential", "deal"],
      ["potential", "lost"],
      ["lost", "potential"],
      ["deal", "deal"],
    ];
    expect(["potential", "deal", "lost", "dormant"].map((column) => netMoves(column, steps))).toEqual([
      -1, 1, 0, 0,
    ]);
  });
});

describe("amounts and tables", () => {
  it("tells sums in 万元 without floats", () => {
    expect(overviewText("864000.00")).toBe("86.40");
    expect(overviewText("-12350.00")).toBe("−1.24");
    expect(overviewText("99999999999999999.99")).toBe("10,000,000,000,000.00");
    expect(overviewText("0.00")).toBe("0.00");
    expect(overviewAmount("864000.00")).toBe("86.40 万元");
  });

  it("tells English sums in CNY to the cent, as English has no 万", async () => {
    const total = {
      key: "total",
      type: "rollup",
      value_type: "money",
      label: { en: "Total" },
    } as unknown as Field;
    await activate("en");
    try {
      expect(columnTitle(total)).toBe("Total CNY");
      expect(overviewText("2654400.005")).toBe("2,654,400.01");
      expect(overviewAmount("-12350")).toBe("−12,350.00 CNY");
    } finally {
      await activate("zh-CN");
    }
  });

  it("escapes what is copied as HTML", () => {
    expect(tableHtml({ head: [], rows: [["<b>&\\n"]], right: [false] })).toContain("&lt;b&gt;&amp;");
  });
});
