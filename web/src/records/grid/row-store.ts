// The rows of a list of any length: loads pages of 200 around what is seen, forgets the far ones.
import { api } from "@/api/calls";
import type { CellNote, Id, Query, RecordValues, Value, Where } from "@/api/types";

export const PAGE = 200;
const KEPT_PAGES = 60;
/** Whoever leafs through a list passes several pages in this time: only those in sight after it are dressed. */
const DRESSING_MS = 150;

export interface Row {
  id: Id;
  revision: number;
  values: RecordValues;
}

export type RowQuery = Pick<Query, "select" | "where" | "search" | "sort"> & {
  /** Conditions that mark rows; the first that a row fulfils counts. */
  marks?: Where[];
};

export interface RowTotals {
  rows: number;
  exact: boolean;
  known: boolean;
}

export class RowStore {
  readonly entity: string;
  readonly query: RowQuery;
  totals: RowTotals = { rows: 0, exact: true, known: false };
  error: unknown = null;
  /** Which of the conditions a record fulfils, and what stood in its cells that could not be read. */
  readonly marks = new Map<Id, number>();
  readonly notes = new Map<Id, Map<string, CellNote>>();
  private pages = new Map<number, Row[]>();
  private stale = new Set<number>();
  /** Pages of which marks and notes have not been asked for. */
  private bare = new Set<number>();
  private dressing: ReturnType<typeof setTimeout> | undefined;
  private loading = new Map<number, AbortController>();
  private wanted: [number, number] = [0, 0];
  private disposed = false;
  private readonly changed: () => void;

  constructor(entity: string, query: RowQuery, changed: () => void) {
    this.entity = entity;
    this.query = query;
    this.changed = changed;
  }

  row(index: number): Row | undefined {
    return this.pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  find(id: Id): Row | undefined {
    for (const page of this.pages.values()) for (const row of page) if (row.id === id) return row;
    return undefined;
  }

  indexOf(id: Id): number | undefined {
    for (const [page, rows] of this.pages) {
      const at = rows.findIndex((row) => row.id === id);
      if (at >= 0) return page * PAGE + at;
    }
    return undefined;
  }

  /** The loaded rows around a record that stand together. */
  around(id: Id): { ids: Id[]; start: number } | null {
    const index = this.indexOf(id);
    if (index === undefined) return null;
    const page = Math.floor(index / PAGE);
    const first = this.pages.get(page - 1)?.length === PAGE ? page - 1 : page;
    const rows = [...(this.pages.get(first) ?? [])];
    for (let next = first + 1; next <= page + 1 && rows.length === (next - first) * PAGE; next++)
      rows.push(...(this.pages.get(next) ?? []));
    return { ids: rows.map((row) => row.id), start: first * PAGE };
  }

  /** The ids of the list from a row on, loaded or not. */
  async ids(at: number, limit: number): Promise<Id[]> {
    const { where, search, sort } = this.query;
    const answer = await api.query(this.entity, {
      select: [],
      where,
      search,
      sort,
      at,
      limit,
      count: "none",
    });
    return rowsOf(answer.columns, answer.rows).map((row) => row.id);
  }

  /** Loads what is missing between two rows; requests for rows that are no longer seen are given up. */
  show(first: number, last: number): void {
    this.wanted = [Math.floor(Math.max(first, 0) / PAGE), Math.floor(Math.max(last, first, 0) / PAGE)];
    for (const [page, request] of this.loading)
      if (page !== 0 && (page < this.wanted[0] - 1 || page > this.wanted[1] + 1)) {
        request.abort();
        this.loading.delete(page);
      }
    for (let page = this.wanted[0]; page <= this.wanted[1]; page++) {
      void this.load(page);
      if (this.bare.has(page)) this.dressSoon();
    }
  }

  /** Reads what is seen again and forgets the rest; the old rows stay until the new ones are there. */
  refresh(): void {
    this.error = null;
    const [from, to] = this.wanted;
    for (const page of [...this.pages.keys()]) {
      if (page < from || page > to) this.pages.delete(page);
      else this.stale.add(page);
    }
    this.stale.add(0);
    for (const request of this.loading.values()) request.abort();
    this.loading.clear();
    void this.load(0);
    for (let page = from; page <= to; page++) void this.load(page);
  }

  /** Writes new values into a loaded row. */
  patch(id: Id, revision: number | null, values: RecordValues): void {
    for (const [key, page] of this.pages) {
      const at = page.findIndex((row) => row.id === id);
      const row = page[at];
      if (!row) continue;
      const next = [...page];
      next[at] = { id, revision: revision ?? row.revision, values: { ...row.values, ...values } };
      this.pages.set(key, next);
      this.changed();
      return;
    }
  }

  async countExactly(): Promise<void> {
    const { where, search } = this.query;
    const answer = await api.query(this.entity, { select: [], where, search, limit: 1, count: "exact" });
    if (this.disposed || !answer.count) return;
    this.totals = { rows: answer.count.value, exact: true, known: true };
    this.changed();
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.dressing);
    for (const request of this.loading.values()) request.abort();
  }

  private async load(page: number): Promise<void> {
    if (this.disposed || this.loading.has(page)) return;
    if (this.pages.has(page) && !this.stale.has(page)) return;
    if (this.totals.known && this.totals.exact && page > 0 && page * PAGE >= this.totals.rows) return;
    const request = new AbortController();
    this.loading.set(page, request);
    const first = page === 0;
    const { marks: _, ...query } = this.query;
    try {
      const answer = await api.query(
        this.entity,
        { ...query, limit: PAGE, at: page * PAGE, count: first ? "capped" : "none" },
        request.signal,
      );
      if (this.disposed || this.loading.get(page) !== request) return;
      this.pages.set(page, rowsOf(answer.columns, answer.rows));
      this.stale.delete(page);
      this.error = null;
      if (first && answer.count) this.setTotals(answer.count.value, answer.count.exact);
      this.forgetFarPages();
      this.bare.add(page);
      this.dressSoon(first ? 0 : DRESSING_MS);
    } catch (error) {
      if (request.signal.aborted) return;
      this.error = error;
    } finally {
      if (this.loading.get(page) === request) this.loading.delete(page);
    }
    if (!this.disposed) this.changed();
  }

  private dressSoon(wait = DRESSING_MS): void {
    this.dressing ??= setTimeout(() => {
      this.dressing = undefined;
      for (let page = this.wanted[0]; page <= this.wanted[1]; page++)
        if (this.bare.delete(page)) void this.dress((this.pages.get(page) ?? []).map((row) => row.id));
    }, wait);
  }

  /** Asks for the marks and notes of rows that have been read; without them the rows are still right. */
  private async dress(ids: Id[]): Promise<void> {
    if (ids.length === 0) return;
    const among: Where = { field: "id", op: "in", value: ids };
    try {
      const [notes, ...found] = await Promise.all([
        api.cellNotes(this.entity, ids),
        ...(this.query.marks ?? []).map((where) =>
          api.query(this.entity, { select: [], where: { and: [among, where] }, limit: ids.length }),
        ),
      ]);
      if (this.disposed) return;
      let looksOther = notes.items.length > 0 || found.some((answer) => answer.rows.length > 0);
      for (const id of ids) {
        looksOther = this.marks.delete(id) || looksOther;
        looksOther = this.notes.delete(id) || looksOther;
      }
      found.forEach((answer, mark) => {
        for (const row of answer.rows) {
          const id = Number(row[0]);
          if (!this.marks.has(id)) this.marks.set(id, mark);
        }
      });
      for (const note of notes.items) {
        const own = this.notes.get(note.id) ?? new Map<string, CellNote>();
        this.notes.set(note.id, own.set(note.field, note));
      }
      if (looksOther) this.changed();
    } catch (error) {
      if (!this.disposed) {
        this.error = error;
        this.changed();
      }
    }
  }

  /** A capped count must not shrink a list that has been counted exactly before. */
  private setTotals(value: number, exact: boolean): void {
    const before = this.totals;
    if (!exact && before.known && before.exact && before.rows > value) return;
    this.totals = { rows: value, exact, known: true };
  }

  private forgetFarPages(): void {
    if (this.pages.size <= KEPT_PAGES) return;
    const middle = (this.wanted[0] + this.wanted[1]) / 2;
    const far = [...this.pages.keys()].sort((a, b) => Math.abs(b - middle) - Math.abs(a - middle));
    for (const page of far.slice(0, this.pages.size - KEPT_PAGES)) {
      this.pages.delete(page);
      this.bare.delete(page);
    }
  }
}

/** Rows of an answer as records by field. */
export function rowsOf(columns: string[], rows: Value[][]): Row[] {
  return rows.map((cells) => {
    const values: RecordValues = {};
    columns.forEach((column, at) => {
      values[column] = cells[at];
    });
    return { id: Number(values.id), revision: Number(values.revision), values };
  });
}
