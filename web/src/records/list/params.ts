// What a list shows, as its address says it and as a saved view keeps it. The address holds everything that differs
// from the view (or from the plain list), so that a link shows a colleague the same.
import type { Query, Sort, View, Where } from "@/api/types";

export type Kind = "grid" | "board" | "calendar";
export const KINDS: Kind[] = ["grid", "board", "calendar"];

export type Span = "month" | "week" | "list";
export const SPANS: Span[] = ["month", "week", "list"];

export type Family = "red" | "amb" | "grn" | "blu" | "pur" | "sla";
export const FAMILIES: Family[] = ["red", "amb", "grn", "blu", "pur", "sla"];

/** Rows that fulfil `where` get the colour; the first rule that fits wins. */
export interface RowRule {
  where: Where;
  family: Family;
}
export const MOST_RULES = 3;

export type SumOp = "sum" | "avg" | "min" | "max" | "filled" | "empty" | "distinct";
export const SUM_OPS: SumOp[] = ["sum", "avg", "min", "max", "filled", "empty", "distinct"];

/** All of it is text or plain JSON, because all of it stands in the address. "" and null mean: expressly nothing. */
export interface ListParams {
  where?: Where | null;
  q?: string;
  sort?: string;
  cols?: string;
  widths?: string;
  freeze?: number;
  group?: string;
  as?: Kind;
  /** The field of a board's columns or of a calendar's days. */
  by?: string;
  /** How much of a calendar is seen at once, and a day of it. */
  span?: Span;
  on?: string;
  sums?: string;
  rules?: RowRule[];
}
export interface ListSearch extends ListParams {
  view?: number;
}

const TEXTS = ["q", "sort", "cols", "widths", "group", "by", "sums"] as const;
const NAMES = [...TEXTS, "where", "freeze", "as", "span", "on", "rules"] as const;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Reads an address, or the layout of a view; what makes no sense is left out. */
export function readListSearch(search: Record<string, unknown>): ListSearch {
  const read: ListSearch = {};
  for (const key of TEXTS) {
    const value = search[key];
    if (typeof value === "string" || typeof value === "number") read[key] = String(value);
  }
  if (search.where === null || isObject(search.where)) read.where = search.where as Where | null;
  if (Number.isSafeInteger(search.freeze)) read.freeze = Math.max(0, search.freeze as number);
  if (KINDS.includes(search.as as Kind)) read.as = search.as as Kind;
  if (SPANS.includes(search.span as Span)) read.span = search.span as Span;
  if (/^\d{4}-\d{2}-\d{2}$/.test(String(search.on))) read.on = String(search.on);
  if (Number.isSafeInteger(search.view)) read.view = search.view as number;
  if (Array.isArray(search.rules))
    read.rules = search.rules
      .filter(
        (rule): rule is RowRule =>
          isObject(rule) && isObject(rule.where) && FAMILIES.includes(rule.family as Family),
      )
      .slice(0, MOST_RULES);
  return read;
}

const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
const NONE: Record<keyof ListParams, unknown> = {
  where: null,
  q: "",
  sort: "",
  cols: "",
  widths: "",
  freeze: 0,
  group: "",
  as: "grid",
  by: "",
  span: "month",
  on: "",
  sums: "",
  rules: [],
};

/** What has to stand in the address so that `wanted` is seen on top of `base`. */
export function difference(base: ListParams, wanted: ListParams): ListParams {
  const left: Record<string, unknown> = {};
  for (const key of NAMES) {
    const [before, now] = [base[key], wanted[key]];
    if (isNothing(before) && isNothing(now)) continue;
    if (JSON.stringify(before) !== JSON.stringify(now)) left[key] = isNothing(now) ? NONE[key] : now;
  }
  return left as ListParams;
}

/** The address on top of the view. */
export function onTop(base: ListParams, search: ListSearch): ListParams {
  const { view: _, ...params } = search;
  return { ...base, ...params };
}

/** "name,-amount" ↔ order by name, then by amount from large to small. */
export const readSort = (text: string | undefined): Sort[] =>
  (text ?? "")
    .split(",")
    .filter(Boolean)
    .map((key) =>
      key.startsWith("-") ? { field: key.slice(1), order: "desc" } : { field: key, order: "asc" },
    );

export const writeSort = (sort: Sort[]): string =>
  sort.map((item) => (item.order === "desc" ? `-${item.field}` : item.field)).join(",");

/** "name:240,code:130" ↔ by field. */
export function readPairs(text: string | undefined): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const part of (text ?? "").split(",")) {
    const [key, value] = part.split(":");
    if (key && value) pairs[key] = value;
  }
  return pairs;
}

export const writePairs = (pairs: Record<string, string | number>): string =>
  Object.entries(pairs)
    .map(([key, value]) => `${key}:${value}`)
    .join(",");

export function readWidths(text: string | undefined): Record<string, number> {
  const widths: Record<string, number> = {};
  for (const [key, value] of Object.entries(readPairs(text)))
    if (Number(value) > 0) widths[key] = Number(value);
  return widths;
}

export function readSums(text: string | undefined): Record<string, SumOp> {
  const sums: Record<string, SumOp> = {};
  for (const [key, value] of Object.entries(readPairs(text)))
    if (SUM_OPS.includes(value as SumOp)) sums[key] = value as SumOp;
  return sums;
}

/** The content of a saved view ↔ what the list shows. */
export function paramsOfView(view: View): ListParams {
  const { select, where, search, sort, layout } = view.data;
  const kept = isObject(layout) ? readListSearch(layout) : {};
  return {
    ...kept,
    where: where ?? undefined,
    q: search ?? undefined,
    sort: sort?.length ? writeSort(sort) : undefined,
    cols: select?.length ? select.join(",") : undefined,
  };
}

export function viewOfParams(params: ListParams): View["data"] {
  // A view shows the calendar of the day on which it is opened.
  const { where, q, sort, cols, on: _, ...rest } = params;
  const layout = Object.fromEntries(Object.entries(rest).filter(([, value]) => !isNothing(value)));
  const data: Partial<Query> & { layout: object } = { layout };
  if (cols) data.select = cols.split(",");
  if (where) data.where = where;
  if (q) data.search = q;
  if (sort) data.sort = readSort(sort);
  return data;
}
