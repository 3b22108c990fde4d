import { afterEach, describe, expect, it, vi } from "vitest";
import type { Query } from "@/api/types";
import { PAGE, RowStore } from "@/records/grid/row-store";

const ROWS = 100_000;
afterEach(() => vi.unstubAllGlobals());

/** A server with many rows: the id of a row is its place + 1. */
function server(options: { capped?: boolean; rows?: number } = {}) {
  const rows = options.rows ?? ROWS;
  const asked: Query[] = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    if (url.endsWith("/cell-notes")) return new Response(JSON.stringify({ items: [] }), { status: 200 });
    const query = JSON.parse(String(init.body)) as Query;
    asked.push(query);
    const at = query.at ?? 0;
    const length = Math.max(0, Math.min(query.limit ?? 50, rows - at));
    const count =
      query.count === "exact" || (query.count === "capped" && !options.capped)
        ? { value: rows, exact: true }
        : query.count === "capped"
          ? { value: 10_000, exact: false }
          : null;
    const answer = {
      columns: ["id", "revision", "name"],
      rows: Array.from({ length }, (_, index) => [at + index + 1, 1, `客户${at + index}`]),
      next: null,
      count,
    };
    return new Response(JSON.stringify(answer), { status: 200 });
  });
  return asked;
}
const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

describe("the rows of a long list", () => {
  it("loads only the pages that are seen and counts with the first", async () => {
    const asked = server();
    const store = new RowStore("customer", { select: ["name"] }, () => undefined);
    store.show(0, 30);
    await settle();
    store.show(90_010, 90_050);
    await settle();
    expect(asked.map((query) => [query.at, query.limit, query.count])).toEqual([
      [0, PAGE, "capped"],
      [90_000, PAGE, "none"],
    ]);
    expect(store.totals).toEqual({ rows: ROWS, exact: true, known: true });
    expect(store.row(90_010)?.values.name).toBe("客户90010");
    expect(store.row(50_000)).toBeUndefined();
  });

  it("counts exactly on demand, and a later capped count does not shrink the list", async () => {
    server({ capped: true });
    const store = new RowStore("customer", { select: ["name"] }, () => undefined);
    store.show(0, 30);
    await settle();
    expect(store.totals).toEqual({ rows: 10_000, exact: false, known: true });
    await store.countExactly();
    expect(store.totals.rows).toBe(ROWS);
    store.refresh();
    await settle();
    expect(store.totals.rows).toBe(ROWS);
  });

  it("keeps old rows on the page while it reads them again", async () => {
    const asked = server();
    const store = new RowStore("customer", { select: ["name"] }, () => undefined);
    store.show(0, 30);
    await settle();
    store.patch(3, 2, { name: "改名" });
    expect(store.row(2)).toMatchObject({ id: 3, revision: 2, values: { name: "改名" } });
    store.refresh();
    expect(store.row(2)?.values.name).toBe("改名");
    await settle();
    expect(store.row(2)?.values.name).toBe("客户2");
    expect(asked).toHaveLength(2);
  });

  it("asks for marks and notes of what stays in sight, and draws anew only for what is found", async () => {
    vi.useFakeTimers();
    try {
      const asked: number[] = [];
      server();
      const plain = fetch;
      vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
        if (!url.endsWith("/cell-notes")) return plain(url, init);
        const first = (JSON.parse(String(init.body)) as { ids: number[] }).ids[0] ?? 0;
        asked.push(first);
        const note = { id: first, field: "name", text: "?", message: "看不懂" };
        return new Response(JSON.stringify({ items: first === 50_001 ? [note] : [] }), { status: 200 });
      });
      let drawn = 0;
      const store = new RowStore("customer", { select: ["name"] }, () => drawn++);
      store.show(0, 30);
      await vi.advanceTimersByTimeAsync(500);
      expect([asked, drawn], "nothing was found: the rows are drawn once").toEqual([[1], 1]);
      for (const row of [10_000, 20_000, 30_000, 40_000, 50_000]) {
        store.show(row, row + 30);
        await vi.advanceTimersByTimeAsync(20);
      }
      await vi.advanceTimersByTimeAsync(500);
      expect(asked, "pages that were passed are left out").toEqual([1, 50_001]);
      expect([drawn, store.notes.get(50_001)?.get("name")?.message]).toEqual([1 + 5 + 1, "看不懂"]);
      store.show(10_000, 10_030);
      await vi.advanceTimersByTimeAsync(500);
      expect(asked, "and made up for when they are seen").toEqual([1, 50_001, 10_001]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("asks nothing more after it was given up", async () => {
    const asked = server();
    const store = new RowStore("customer", { select: ["name"] }, () => undefined);
    store.dispose();
    store.show(0, 30);
    await settle();
    expect(asked).toHaveLength(0);
  });
});
