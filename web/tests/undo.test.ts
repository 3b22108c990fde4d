import { beforeAll, beforeEach, expect, it, vi } from "vitest";
import { begin, end } from "@/api/session";
import { activate } from "@/i18n";
import { recordChange, undoLast } from "@/records/undo";

const undone: string[] = [];
let person = 1;

beforeAll(() => activate("zh-CN"));
beforeEach(() => {
  undone.length = 0;
  localStorage.clear();
  vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => {
    if (url.endsWith("/undo")) undone.push(url);
    if (url.endsWith("/session") && init.method === "DELETE") return new Response(null, { status: 204 });
    if (url.endsWith("/session") || url.endsWith("/me"))
      return Response.json({
        csrf: "x",
        user: { id: person, name: "某人" },
        roles: ["sales"],
        permissions: [],
      });
    return Response.json({ changeset: 9, undoes: 7, conflicts: [] });
  });
});

it("what one has changed is taken back by that person only", async () => {
  person = 1;
  await begin("一", "x");
  recordChange("改了", [7]);
  await undoLast();
  expect(undone).toEqual([expect.stringContaining("/changesets/7/undo")]);

  recordChange("又改了", [8]);
  person = 2;
  await begin("二", "x"); // without signing out before: the session had ended
  await undoLast();
  expect(undone).toHaveLength(1);

  recordChange("第三次", [9]);
  await end();
  await begin("二", "x");
  await undoLast();
  expect(undone).toHaveLength(1);
});

it("who signs in again after a lost session goes on with the own changes", async () => {
  person = 3;
  await begin("三", "x");
  recordChange("改了", [11]);
  await begin("三", "x");
  await undoLast();
  expect(undone).toEqual([expect.stringContaining("/changesets/11/undo")]);
});
