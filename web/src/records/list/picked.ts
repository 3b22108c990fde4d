// Which records are selected: by id, because rows move; or all of the list but some.
import { CompactSelection } from "@glideapps/glide-data-grid";
import { api } from "@/api/calls";
import type { Field, Id, Where } from "@/api/types";
import { both } from "../filter/conditions";
import { overviewAmount } from "../grid/cells";
import type { RowStore } from "../grid/row-store";
import type { Rows } from "../grid/rows";

export interface Picked {
  all: boolean;
  /** The selected ones; of `all` those left out. */
  ids: ReadonlySet<Id>;
}
export const NOBODY: Picked = { all: false, ids: new Set() };

export const countPicked = ({ all, ids }: Picked, total: number): number =>
  all ? total - ids.size : ids.size;

/** The lines of selected records, as far as they are read. */
export function linesOf(picked: Picked, rows: Rows): CompactSelection {
  let lines = CompactSelection.empty();
  if (picked.all) {
    lines = CompactSelection.fromSingleSelection([0, rows.length]);
    for (const id of picked.ids) {
      const line = rows.lineOf(id);
      if (line !== undefined) lines = lines.remove(line);
    }
    return lines;
  }
  for (const id of picked.ids) {
    const line = rows.lineOf(id);
    if (line !== undefined) lines = lines.add(line);
  }
  return lines;
}

/** So many selected rows go by their ids, even when they are all there are: what takes ids, like merging, is then offered. */
const FEW = 100;

/** The ids of all rows, when they are few, all read and not grouped. */
function idsOfFew(rows: Rows): Set<Id> | null {
  if (rows.length > FEW) return null;
  const ids = new Set<Id>();
  for (let line = 0; line < rows.length; line++) {
    const row = rows.at(line);
    if (!row) return null;
    ids.add(row.id);
  }
  return ids;
}

/** What the grid's new selection of lines means for the records; lines that were never read are read first. */
export async function pick(before: Picked, lines: CompactSelection, rows: Rows): Promise<Picked> {
  if (lines.length === 0) return NOBODY;
  if (lines.length >= rows.length && rows.length > 0) {
    const few = idsOfFew(rows);
    return few ? { all: false, ids: few } : { all: true, ids: new Set() };
  }
  if (before.all) {
    const out = new Set(before.ids);
    for (let line = 0; line < rows.length; line++) {
      const row = rows.at(line);
      if (row && lines.hasIndex(line)) out.delete(row.id);
      else if (row) out.add(row.id);
    }
    return { all: true, ids: out };
  }
  const ids = new Set<Id>([...before.ids].filter((id) => rows.lineOf(id) === undefined));
  const missing: number[] = [];
  for (const line of lines) {
    const index = rows.index(line);
    const row = index === undefined ? undefined : rows.store.row(index);
    if (row) ids.add(row.id);
    else if (index !== undefined) missing.push(index);
  }
  for (const id of await readIds(rows.store, missing)) ids.add(id);
  return { all: false, ids };
}

const READ = 500;

async function readIds(store: RowStore, indexes: number[]): Promise<Id[]> {
  const wanted = new Set(indexes);
  const ids: Id[] = [];
  let at = indexes[0];
  while (at !== undefined) {
    const { where, search, sort } = store.query;
    const answer = await api.query(store.entity, { select: [], where, search, sort, limit: READ, at });
    const start = at;
    answer.rows.forEach((row, offset) => {
      if (wanted.has(start + offset)) ids.push(Number(row[0]));
    });
    at = indexes.find((index) => index >= start + READ);
  }
  return ids;
}

const EVERY: Where = { field: "id", op: "not_empty" };

/** The selected records as the server takes them: ids, or the conditions of the list. */
export function targetOf(
  picked: Picked,
  query: { where?: Where | null; search?: string | null },
): { ids: Id[] } | { where: Where; search?: string } {
  if (!picked.all) return { ids: [...picked.ids] };
  const without: Where | undefined = picked.ids.size
    ? { not: { field: "id", op: "in", value: [...picked.ids] } }
    : undefined;
  const where = both(query.where ?? undefined, without) ?? EVERY;
  return query.search ? { where, search: query.search } : { where };
}

/** The same as a condition, for what takes no list of ids. */
export function whereOf(picked: Picked, query: { where?: Where | null; search?: string | null }): Where {
  const target = targetOf(picked, query);
  return "ids" in target ? { field: "id", op: "in", value: target.ids } : target.where;
}

/** The sum of the selected rows, when all of them are read. */
export function pickedAmount(picked: Picked, rows: Rows, field: Field): string | null {
  let cents = 0n;
  for (const id of picked.ids) {
    const row = rows.store.find(id);
    const match = row && /^(-?)(\d+)(?:\.(\d*))?$/.exec(String(row.values[field.key] ?? "0"));
    if (!match) return null;
    const amount = BigInt(match[2] as string) * 100n + BigInt((match[3] ?? "").slice(0, 2).padEnd(2, "0"));
    cents += match[1] ? -amount : amount;
  }
  const digits = String(cents < 0n ? -cents : cents).padStart(3, "0");
  return overviewAmount(`${cents < 0n ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`);
}
