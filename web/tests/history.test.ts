import { expect, test } from "vitest";
import type { UndoAnswer, UndoConflict } from "@/api/types";
import { asked, readNarrow } from "@/features/history/narrow";
import { withNames } from "@/records/undo";
import { takenBack } from "@/records/undoing/undo-plan";

test("an address narrows the change-sets, and nonsense in it does not", () => {
  const narrow = readNarrow({ person: 3, origin: "import", entity: "customer", days: 7, x: 1 });
  expect(asked(narrow, "2026-11-28")).toMatchObject({ actor: "3", origin: "import", entity: "customer" });
  expect(new Date(asked(narrow, "2026-11-28").since ?? "").getTime()).toBe(
    new Date("2026-11-22T00:00:00+08:00").getTime(),
  );
  expect(readNarrow({ person: "3", origin: 1, days: -1 })).toEqual({});
});

test("an undo takes back what was chosen among what was seen, and all of it when there is more", () => {
  const one = (id: number, reason = "changed_since", field: string | null = "remark"): UndoConflict => ({
    entity: "customer",
    id,
    field,
    reason,
    changeset: 7,
  });
  const seen = [one(1), one(2), one(3, "deleted_since", null), one(4, "value_taken")];
  const named = (id: number) => ({ entity: "customer", id, field: "remark", changeset: 7 });
  expect(takenBack(seen, "stay", new Set(["customer:1:remark"]))).toBe(false);
  expect(takenBack(seen, "back", new Set())).toEqual([named(1), named(2)]);
  expect(takenBack(seen, "each", new Set(["customer:2:remark", "customer:4:remark"]))).toEqual([named(2)]);
  const many = Array.from({ length: 1_000 }, (_, at) => one(at));
  expect(takenBack(many, "back", new Set())).toBe(true);
});

test("what an undo left alone is told by the name that its rehearsal knew", () => {
  const answer = (...conflicts: UndoConflict[]) => ({ changeset: 8, undoes: 7, conflicts }) as UndoAnswer;
  const left = { entity: "customer", id: 12, field: "grade", reason: "changed_since" } as UndoConflict;
  const told = answer({ ...left, id: 11, label: "别人" }, { ...left, label: "王雨桐", before: "d" });
  expect(withNames(answer(left), told).conflicts).toEqual([{ ...left, label: "王雨桐", before: "d" }]);
  expect(withNames(answer(), told).conflicts).toEqual([]);
});
