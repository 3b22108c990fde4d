// What people decide about a file, as the options of its import. Every function answers a patch; nothing is sent here.
import type { DateOrder, Existing, ImportColumn, ImportOptions, Outcome } from "@/api/types";

type Options = ImportOptions | undefined;

const created = (options: Options): string[] =>
  Array.isArray(options?.create_fields) ? options.create_fields : [];

/** A column goes to a field, or nowhere (null). Other columns keep what was proposed, with its reason. */
export function withField(options: Options, column: ImportColumn, field: string | null): ImportOptions {
  return {
    map: { ...options?.map, [column.source]: field },
    create_fields: created(options).filter((source) => source !== column.source),
  };
}

/** A column becomes a new field of the ledger. */
export function withNewField(options: Options, column: ImportColumn): ImportOptions {
  const { [column.source]: _, ...map } = options?.map ?? {};
  return { map, create_fields: [...new Set([...created(options), column.source])] };
}

/** Texts instead of those in the file, by sheet and cell. */
export function withCells(
  options: Options,
  mended: Record<string, Record<string, string>>,
): Required<Pick<ImportOptions, "cells">> {
  const cells = { ...options?.cells };
  for (const [sheet, texts] of Object.entries(mended)) cells[sheet] = { ...cells[sheet], ...texts };
  return { cells };
}

/** A row stays out, or comes in again. */
export function withRow(options: Options, sheet: string, row: number, out: boolean): ImportOptions {
  const rows = new Set(options?.leave_out?.[sheet]);
  if (out) rows.add(row);
  else rows.delete(row);
  return { leave_out: { ...options?.leave_out, [sheet]: [...rows].sort((a, b) => a - b) } };
}

/** Of a likely pair: both come in as two records, or this row stays out, or the other one, or this row is the record. */
export type PairChoice = "both" | "drop" | "drop-other" | "same";

/** Rows that stay out besides those that do already, by table. */
export function withoutRows(options: Options, rows: { table: string; row: number }[]): ImportOptions {
  const out: Record<string, number[]> = { ...options?.leave_out };
  for (const { table, row } of rows)
    out[table] = [...new Set([...(out[table] ?? []), row])].sort((a, b) => a - b);
  return { leave_out: out };
}

export const withHeader = (options: Options, sheet: string, row: number): ImportOptions => ({
  header: { ...options?.header, [sheet]: row },
});

/** Names that rows leave open are those of the rows above, in these sheets, or are not. */
export const withFilled = (
  options: Options,
  sheets: (string | undefined)[],
  fill: boolean,
): ImportOptions => ({
  fill_down: {
    ...options?.fill_down,
    ...Object.fromEntries(sheets.filter((one) => one !== undefined).map((one) => [one, fill])),
  },
});

export const withUnit = (options: Options, column: ImportColumn, factor: number): ImportOptions => ({
  units: { ...options?.units, [column.source]: factor },
});

/** How dates like 5/3/23 of a column are read. */
export const withDates = (options: Options, column: ImportColumn, order: DateOrder): ImportOptions => ({
  dates: { ...options?.dates, [column.source]: order },
});

export const withExisting = (options: Options, column: ImportColumn, existing: Existing): ImportOptions => ({
  existing: { ...options?.existing, [column.source]: existing },
});

export type Decisions = Record<string, Record<string, Outcome>>;

/** Cells or columns that are decided, by sheet. A column that is decided as a whole forgets what was said of its cells. */
export function withDecisions(options: Options, decided: Decisions): Required<Pick<ImportOptions, "decide">> {
  const decide = { ...options?.decide };
  for (const [sheet, said] of Object.entries(decided)) decide[sheet] = merged(decide[sheet], said);
  return { decide };
}

/** The decisions of a sheet with further ones, the newest last. */
export function merged(before: Record<string, Outcome> | undefined, said: Record<string, Outcome>) {
  const columns = new Set(Object.keys(said).filter((place) => !/\d/.test(place)));
  const kept = Object.entries(before ?? {}).filter(([place]) => !columns.has(place.replace(/\d+$/, "")));
  return { ...Object.fromEntries(kept), ...said };
}

/** How many cells were mended, rows left out, and cells, columns or sheets to fill down decided, by hand. */
export function decided(options: Options): { cells: number; rows: number; decided: number } {
  const count = (of: object[]) => of.reduce((sum, one) => sum + Object.keys(one).length, 0);
  return {
    cells: count(Object.values(options?.cells ?? {})),
    rows: count(Object.values(options?.leave_out ?? {})),
    decided: count([...Object.values(options?.decide ?? {}), options?.fill_down ?? {}]),
  };
}
