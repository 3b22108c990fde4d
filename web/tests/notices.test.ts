import { beforeAll, describe, expect, it } from "vitest";
import type { Entity, HistoryItem, ProgressEvent } from "@/api/types";
import { noticesOf, unseen, withJob } from "@/features/notices/notices";
import { sayChange } from "@/features/notices/notices-panel";
import { activate } from "@/i18n";

beforeAll(() => activate("zh-CN"));

const row = (id: number, name: string, at: string) => ({
  id,
  revision: 2,
  values: { name, title: name, updated_at: at, updated_by: { id: 2, label: "周敏" } },
});
const changeset = { actor: "林晓岚", origin: "import", title: "导入 十月客户表.xlsx", state: "applied" };

describe("the bell", () => {
  it("tells what is new, newest first: only imports that are mine, done and of these days", () => {
    const notices = noticesOf(
      [row(3, "上海宏远贸易有限公司", "2026-11-27T02:00:00Z")],
      [row(9, "催对账单", "2026-11-27T04:00:00Z")],
      [
        { ...changeset, changeset: 51, at: "2026-11-27T03:00:00Z" },
        { ...changeset, changeset: 52, at: "2026-11-27T03:00:00Z", actor: "周敏" },
        { ...changeset, changeset: 53, at: "2026-11-27T03:00:00Z", state: "applying" },
        { ...changeset, changeset: 54, at: "2026-11-02T03:00:00Z" },
      ],
      "林晓岚",
      "2026-11-21",
    );
    expect(notices.map((one) => [one.kind, one.id])).toEqual([
      ["task", 9],
      ["import", 51],
      ["customer", 3],
    ]);
    expect(unseen(notices, "2026-11-27T03:00:00Z")).toBe(1);
    expect(unseen(notices, "")).toBe(3);
  });

  it("says who handed a record on and who changed which fields of it", () => {
    const field = (key: string, label: string, derived = false) => ({ key, label, derived }) as never;
    const entity: Entity = {
      key: "customer",
      label: "客户",
      fields: [
        field("owner", "负责人"),
        field("mobile", "手机号码"),
        field("completeness", "资料完整度", true),
      ],
    };
    const change = (field: string, after: unknown) => ({ field, before: null, after }) as never;
    const last = (changes: never[]): HistoryItem =>
      ({ changeset: 1, at: "", actor: "周敏", origin: "form", title: "", changes }) as HistoryItem;
    expect(sayChange(entity, last([change("owner", { id: 1, label: "林晓岚" })]), "")).toBe("周敏交给你了");
    expect(sayChange(entity, last([change("mobile", "1"), change("completeness", 1)]), "")).toBe(
      "周敏改了手机号码",
    );
    expect(sayChange(entity, last([change("completeness", 1)]), "")).toBe("周敏改过");
  });

  it("keeps each piece of work once, the one that moved last on top", () => {
    const job = (id: number, done: number): ProgressEvent => ({
      job: id,
      kind: "export",
      state: "running",
      done,
      total: 10,
      changeset: null,
      actor: 1,
    });
    const jobs = [job(1, 1), job(2, 5), job(1, 7)].reduce(withJob, [] as ProgressEvent[]);
    expect(jobs.map((one) => [one.job, one.done])).toEqual([
      [1, 7],
      [2, 5],
    ]);
  });
});
