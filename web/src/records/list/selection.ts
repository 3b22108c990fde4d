// The records behind selected rows; rows that were never loaded are read first.
import type { CompactSelection } from "@glideapps/glide-data-grid";
import { api } from "@/api/calls";
import type { Id } from "@/api/types";
import type { RowStore } from "../grid/row-store";

const READ = 500;

export async function idsOf(store: RowStore, rows: CompactSelection): Promise<Id[]> {
  const ids: Id[] = [];
  const missing: number[] = [];
  for (const index of rows) {
    const row = store.row(index);
    if (row) ids.push(row.id);
    else missing.push(index);
  }
  const wanted = new Set(missing);
  let at = missing[0];
  while (at !== undefined) {
    const { where, search, sort } = store.query;
    const answer = await api.query(store.entity, { select: [], where, search, sort, limit: READ, at });
    const start = at;
    answer.rows.forEach((row, offset) => {
      if (wanted.has(start + offset)) ids.push(Number(row[0]));
    });
    at = missing.find((index) => index >= start + READ);
  }
  return ids;
}
