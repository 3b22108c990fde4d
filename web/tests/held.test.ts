import { createElement } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Field } from "@/api/types";
import { activate } from "@/i18n";
import { forgetDrafts } from "@/lib/drafts";
import { applyEdits, sendHeld } from "@/records/grid/edit";
import { held } from "@/records/grid/held";
import { RowStore } from "@/records/grid/row-store";
import { undoLast } from "@/records/undo";
import { ToastArea } from "@/ui/toast";

const field = (key: string, type = "text"): Field =>
  ({ key, type, label: { zh: key, en: key }, is_writable: true, settings: {} }) as unknown as Field;
const NAME = field("name");
const SHORT = field("short_name");

/** A server that can be out of reach, that notes what it is asked, and refuses rows on request. */
function server() {
  const state = {
    isOn: true,
    refuse: [] as number[],
    asked: [] as [string, string, unknown, string | undefined][],
  };
  vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => {
    if (!state.isOn) throw new TypeError("Failed to fetch");
    if (url.endsWith("/cell-notes")) return Response.json({ items: [] });
    if (url.endsWith("/health")) return Response.json({});
    const body = JSON.parse(String(init.body ?? "{}"));
    if (url.endsWith("/query"))
      return Response.json({
        columns: ["id", "revision", "name", "short_name"],
        rows: [
          [1, 10, "甲", ""],
          [2, 20, "乙", ""],
        ],
        next: null,
        count: { value: 2, exact: true },
      });
    const key = (init.headers as Record<string, string>)["Idempotency-Key"];
    state.asked.push([init.method ?? "GET", url, body, key]);
    if (state.refuse.length > 0) {
      const errors = state.refuse
        .splice(0)
        .map((row) => ({ field: "name", code: "x", message: "要填", row }));
      return Response.json({ errors }, { status: 422 });
    }
    return Response.json({
      changeset: 7,
      updated: [],
      created: [{ id: 3, revision: 30 }],
      warnings: [],
      undoes: 1,
    });
  });
  return state;
}
async function shownRows(): Promise<RowStore> {
  const store = new RowStore("customer", { select: ["name", "short_name"] }, () => undefined);
  store.show(0, 5);
  await vi.waitFor(() => expect(store.row(0)).toBeDefined());
  return store;
}
beforeEach(async () => {
  await activate("zh-CN");
  forgetDrafts();
});
afterEach(() => vi.unstubAllGlobals());

it("keeps what is typed out of reach, shows it, and saves it once the server is back", async () => {
  const there = server();
  const store = await shownRows();
  there.isOn = false;
  await applyEdits(store, [{ id: 1, revision: 10, field: NAME, text: "甲改" }]);
  await applyEdits(store, [{ id: 1, revision: 10, field: SHORT, text: "简" }]);
  await applyEdits(store, [{ id: 1, revision: 10, field: NAME, text: "甲再改" }]);
  expect(store.find(1)?.values).toMatchObject({ name: "甲再改", short_name: "简" });
  await sendHeld();
  expect(held()).toHaveLength(1);
  there.isOn = true;
  await sendHeld();
  const set = { name: "甲再改", short_name: "简" };
  expect(there.asked.map(([, url, body]) => [url, body])).toEqual([
    ["/api/v1/records/customer/batch", { update: [{ id: 1, revision: 10, set }], create: [] }],
  ]);
  expect(held()).toEqual([]);
});

it("keeps what it sends until there is an answer, as the page may be closed before", async () => {
  const there = server();
  const store = await shownRows();
  there.isOn = false;
  await applyEdits(store, [], [[{ field: NAME, text: "新" }]]);
  there.isOn = true;
  const sending = sendHeld();
  expect(held()).toHaveLength(1);
  await sending;
  expect(held()).toEqual([]);
});

it("makes a pasted row once though its answer was lost", async () => {
  const there = server();
  const store = await shownRows();
  there.isOn = false;
  await applyEdits(store, [], [[{ field: NAME, text: "新" }]]);
  const [{ key } = { key: "" }] = held();
  await sendHeld();
  there.isOn = true;
  await sendHeld();
  expect(there.asked.map(([, , body, sent]) => [body, sent])).toEqual([
    [{ update: [], create: [{ name: "新" }] }, key],
  ]);
});

it("takes back later what could not be taken back while the server was out of reach", async () => {
  const there = server();
  const store = await shownRows();
  await applyEdits(store, [], [[{ field: NAME, text: "新" }]]);
  there.isOn = false;
  await undoLast();
  there.isOn = true;
  await undoLast();
  expect(there.asked.at(-1)?.[1]).toBe("/api/v1/changesets/7/undo");
});

it("tells of several rows which ones are not taken", async () => {
  const there = server();
  const store = await shownRows();
  there.refuse = [1];
  const rows = [1, 2].map((id) => ({ id, revision: id * 10, field: NAME, text: `改${id}` }));
  const place = document.createElement("div");
  const root = createRoot(place);
  root.render(createElement(ToastArea));
  await applyEdits(store, rows, [
    [
      { field: NAME, text: "新" },
      { field: field("amount", "integer"), text: "不是数" },
    ],
  ]);
  await vi.waitFor(() =>
    expect(place.textContent).toContain(
      "2 处没有写进去：新的第 1 行：「不是数」不能写进「amount」；第 2 行：要填",
    ),
  );
  root.unmount();
});
