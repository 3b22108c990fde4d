// Ranges of cells, and the edits that a filled or pasted range means.
import { type GridCell, GridCellKind, type GridSelection, type Item } from "@glideapps/glide-data-grid";
import { plural } from "@lingui/core/macro";
import type { Field } from "@/api/types";
import { editValue } from "@/fields/registry";
import { parseTsv } from "@/lib/tsv";
import { toast } from "@/ui/toast";
import { carried } from "./cells";
import { type CellEdit, LONGEST_PASTE } from "./edit";

/** What an edited or filled cell wants to write: the carried value, unless its text was changed. */
export function editOf(field: Field, row: number, cell: GridCell): CellEdit {
  if (cell.kind === GridCellKind.Boolean) return { row, field, value: cell.data === true };
  const held = carried(cell);
  const text = "data" in cell && typeof cell.data === "string" ? cell.data : "";
  if (held && held.field.type === field.type && text === editValue(held.field, held.raw))
    return { row, field, value: held.raw ?? null };
  return { row, field, text };
}

export interface Range {
  x: number;
  y: number;
  width: number;
  height: number;
}

export const rangeOf = (picked: GridSelection): Range | null => picked.current?.range ?? null;

/** Whole selected rows as a range, when they lie together. */
export function rowsRange(picked: GridSelection, columns: number): Range | null {
  const first = picked.rows.first();
  const last = picked.rows.last();
  if (first === undefined || last === undefined || last - first + 1 !== picked.rows.length) return null;
  return { x: 0, y: first, width: columns, height: picked.rows.length };
}

export function cellsOf(range: Range): Item[] {
  const cells: Item[] = [];
  for (let y = range.y; y < Math.min(range.y + range.height, range.y + LONGEST_PASTE); y++)
    for (let x = range.x; x < range.x + range.width; x++) cells.push([x, y]);
  return cells;
}

/** The edits of a pasted text: a single value fills the whole selected range. */
export function pasted(
  text: string,
  selection: GridSelection,
  fields: Field[],
  rowCount: number,
): CellEdit[] {
  const range = rangeOf(selection);
  const rows = parseTsv(text);
  if (!range || rows.length === 0) return [];
  if (rows.length > LONGEST_PASTE) {
    toast(plural(LONGEST_PASTE, { other: "一次最多粘贴 # 行，更多的用导入" }));
    return [];
  }
  const single = rows.length === 1 && rows[0]?.length === 1;
  if (single)
    return cellsOf(range).flatMap(([x, y]) =>
      fields[x] ? [{ row: y, field: fields[x], text: rows[0]?.[0] ?? "" }] : [],
    );
  return rows.flatMap((cells, down) =>
    cells.flatMap((cell, right) => {
      const field = fields[range.x + right];
      const row = range.y + down;
      return field && row < rowCount ? [{ row, field, text: cell }] : [];
    }),
  );
}
