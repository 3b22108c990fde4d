// Ranges of cells, and the edits that a filled or pasted range means.
import { type GridCell, GridCellKind, type GridSelection } from "@glideapps/glide-data-grid";
import { plural } from "@lingui/core/macro";
import type { Field } from "@/api/types";
import { editValue } from "@/fields/registry";
import { toast } from "@/ui/toast";
import { carried } from "./cells";
import { type CellEdit, type Content, LONGEST_PASTE } from "./edit";
import type { Rows } from "./rows";

/** What an edited or filled cell wants to write: the carried value, unless its text was changed. */
function contentOf(field: Field, cell: GridCell): Content {
  if (cell.kind === GridCellKind.Boolean) return { field, value: cell.data === true };
  const held = carried(cell);
  const text = "data" in cell && typeof cell.data === "string" ? cell.data : "";
  if (held && held.field.type === field.type && text === editValue(held.field, held.raw))
    return { field, value: held.raw ?? null };
  return { field, text };
}

/**
 * The edit that a cell of the grid stands for. What an editor made goes to the record on which the editor was opened:
 * rows may have moved under it.
 */
export function editOf(rows: Rows, field: Field, line: number, cell: GridCell): CellEdit | null {
  const held = carried(cell);
  if (held?.edited) return { id: held.id, revision: held.revision, ...contentOf(held.field, cell) };
  const row = rows.at(line);
  return row ? { id: row.id, revision: row.revision, ...contentOf(field, cell) } : null;
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

/** The same content for every cell of a range; lines of groups are passed over. */
export function filled(
  rows: Rows,
  fields: Field[],
  range: Range,
  content: Omit<Content, "field">,
): CellEdit[] {
  const edits: CellEdit[] = [];
  for (let line = range.y; line < Math.min(range.y + range.height, range.y + LONGEST_PASTE); line++) {
    const row = rows.at(line);
    if (!row) continue;
    for (const field of fields.slice(range.x, range.x + range.width))
      edits.push({ id: row.id, revision: row.revision, field, ...content });
  }
  return edits;
}

/** The edits of a pasted table: a single value fills the whole range; what goes past the end makes new records. */
export function pasted(
  table: string[][],
  range: Range | null,
  rows: Rows,
  fields: Field[],
): { edits: CellEdit[]; added: Content[][] } {
  const [first] = table;
  if (!range || !first) return { edits: [], added: [] };
  if (table.length > LONGEST_PASTE) {
    toast(plural(LONGEST_PASTE, { other: "一次最多粘贴 # 行，更多的用导入" }));
    return { edits: [], added: [] };
  }
  if (table.length === 1 && first.length === 1)
    return { edits: filled(rows, fields, range, { text: first[0] ?? "" }), added: [] };
  const edits: CellEdit[] = [];
  const added: Content[][] = [];
  let line = range.y;
  for (const cells of table) {
    while (line < rows.length && rows.group(line)) line += 1;
    const contents = cells.flatMap((text, right) => {
      const field = fields[range.x + right];
      return field ? [{ field, text }] : [];
    });
    if (line >= rows.length) added.push(contents);
    else {
      const row = rows.at(line);
      if (row) for (const content of contents) edits.push({ id: row.id, revision: row.revision, ...content });
    }
    line += 1;
  }
  return { edits, added };
}
