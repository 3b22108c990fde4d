// Which findings need a person, and what a person can do about them.
import type { Finding, FindingPlace, ImportSheet, Outcome } from "@/api/types";

export type Group = "unread" | "rejected" | "decide" | "told";

const GROUPS: Record<string, Group> = {
  "date.invalid": "unread",
  "value.invalid": "unread",
  "number.cut": "unread",
  "required.missing": "unread",
  "row.without_name": "rejected",
  "row.without_number": "rejected",
  "row.payment": "rejected",
  "row.without_day": "rejected",
  "row.without_parent": "rejected",
  "value.taken": "rejected",
  "relation.unmatched": "unread",
  "conflict.take": "decide",
  "conflict.keep": "decide",
  "duplicate.in_file": "decide",
  "duplicate.in_ledger": "decide",
  "split.differs": "decide",
  "split.number_shared": "decide",
  "split.by_day": "decide",
  "split.cases": "decide",
  "row.differs": "decide",
  "name.aside": "decide",
  "date.year": "decide",
  "sheet.unused": "decide",
  "sheet.hidden": "decide",
  "row.continues": "decide",
  "phone.several": "decide",
  "cell.unkept": "decide",
  "money.unit_assumed": "decide",
  "column.unmapped": "decide",
  "column.not_allowed": "decide",
  "row.not_allowed": "decide",
  "import.bare_formula": "decide",
};

export const groupOf = (code: string): Group => GROUPS[code] ?? "told";

/** Findings by group, those that need most first; groups without one are left out. */
export function grouped(findings: Finding[]): { group: Group; findings: Finding[] }[] {
  const order: Group[] = ["rejected", "unread", "decide", "told"];
  return order
    .map((group) => ({ group, findings: findings.filter((one) => groupOf(one.code) === group) }))
    .filter((one) => one.findings.length > 0);
}

/** The findings that are worth a look: all but those that only tell. */
export const toLookAt = (findings: Finding[]): number =>
  findings.filter((one) => groupOf(one.code) !== "told").reduce((sum, one) => sum + one.count, 0);

/** What happens to the cells of a finding that differ from the ledger; undefined for other findings. */
export const outcomeOf = (code: string): Outcome | undefined =>
  code === "conflict.take" ? "take" : code === "conflict.keep" ? "keep" : undefined;

/** Where the day of an order stands, seen from the records that a sheet is imported as. */
const DAYS = ["ordered_on", "orders.ordered_on", "order.ordered_on"];
/** And its number. */
const NUMBERS = ["code", "orders.code", "order.code"];
const MISSING: Record<string, string[]> = { "row.without_day": DAYS, "row.without_number": NUMBERS };

/** The cell that mends a place: its own, or the one that names the record when the row has no name or no day. */
export function mendable(place: FindingPlace, code: string, sheets: ImportSheet[], naming: string[]) {
  if (!place.sheet) return null;
  if (place.cell) return { sheet: place.sheet, cell: place.cell };
  const keys = code === "row.without_name" ? naming : (MISSING[code] ?? []);
  if (!place.row) return null;
  const columns = sheets.find((one) => one.name === place.sheet)?.columns ?? [];
  const column = keys.map((key) => columns.find((one) => one.field === key)).find(Boolean);
  return column ? { sheet: place.sheet, cell: `${column.letters}${place.row}` } : null;
}

/** Places of a finding that say the same of the same field: what is decided of one holds for all of them. */
export function together(finding: Finding): FindingPlace[][] {
  const found = new Map<string, FindingPlace[]>();
  finding.examples.forEach((place, at) => {
    const key = SAME.has(finding.code) && place.cell && place.text;
    const of = key
      ? JSON.stringify([place.sheet, place.field, place.column, place.text, place.why])
      : String(at);
    found.set(of, [...(found.get(of) ?? []), place]);
  });
  return [...found.values()];
}
const SAME = new Set(["relation.unmatched", "value.invalid", "date.invalid"]);

/** The other row of a pair in one file; null for a place that is no such pair. */
export function otherRow(place: FindingPlace): { table: string; row: number; text: string } | null {
  const other = place.other as { sheet?: string; row?: number; text?: string } | undefined;
  return other?.sheet && other.row ? { table: other.sheet, row: other.row, text: other.text ?? "" } : null;
}

/** Of each row of a table the other rows of the file that it looks like, both ways. */
export function pairsOf(findings: Finding[], table: string): Map<number, { table: string; row: number }[]> {
  const found = new Map<number, { table: string; row: number }[]>();
  const add = (of: { table: string; row: number }, to: { table: string; row: number }) => {
    if (of.table === table) found.set(of.row, [...(found.get(of.row) ?? []), to]);
  };
  for (const place of findings.find((one) => one.code === "duplicate.in_file")?.examples ?? []) {
    const other = otherRow(place);
    if (!other || !place.sheet || !place.row) continue;
    const here = { table: place.sheet, row: place.row };
    const there = { table: other.table, row: other.row };
    add(here, there);
    add(there, here);
  }
  return found;
}

/** How alike two records are, in percent, of a place that tells of a likely double. */
export const likeness = (place: FindingPlace): number | null =>
  typeof place.score === "number" ? Math.round(place.score * 100) : null;

const isRow = (value: unknown): boolean => typeof value === "object" && !Array.isArray(value);

/** The rest of a place that is no address, as words. */
export function otherWords(place: FindingPlace): string {
  const { sheet: _s, row: _r, cell: _c, column: _o, field: _f, text: _t, why: _w, ...rest } = place;
  return Object.values(rest)
    .filter((value) => value !== null && value !== undefined && value !== "" && !isRow(value))
    .map((value) => (Array.isArray(value) ? value.join(", ") : String(value)))
    .join(" → ");
}
