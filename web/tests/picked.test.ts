import { CompactSelection } from "@glideapps/glide-data-grid";
import { describe, expect, it } from "vitest";
import type { Row, RowStore } from "@/records/grid/row-store";
import { type RowGroup, Rows } from "@/records/grid/rows";
import { NOBODY, pick, targetOf } from "@/records/list/picked";

/** A list of which so many rows are read. */
function list(length: number, read = length): RowStore {
  const row = (index: number): Row | undefined =>
    index < read ? ({ id: index + 1, revision: 1, values: {} } as Row) : undefined;
  return { totals: { rows: length }, row } as unknown as RowStore;
}
const every = (rows: Rows) => CompactSelection.fromSingleSelection([0, rows.length]);

describe("which records are selected", () => {
  it("names all of a short list by their ids, so that they can be merged", async () => {
    const rows = new Rows(list(2), null, new Set());
    const picked = await pick(NOBODY, every(rows), rows);
    expect(targetOf(picked, { search: "宏远" })).toEqual({ ids: [1, 2] });
  });

  it("takes all of a long or half-read list by its conditions", async () => {
    for (const store of [list(101), list(60, 50)]) {
      const rows = new Rows(store, null, new Set());
      expect(await pick(NOBODY, every(rows), rows)).toEqual({ all: true, ids: new Set() });
    }
  });

  it("takes what lies in folded groups along", async () => {
    const group = { key: "a", label: "A", value: "a", count: 2, sums: {} } as RowGroup;
    const rows = new Rows(list(2), [group], new Set(["a"]));
    expect((await pick(NOBODY, every(rows), rows)).all).toBe(true);
  });
});
