// The state of a list: what the address says on top of the saved view, or of the plain list.
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import type { Entity, Field, Sort, View, Where } from "@/api/types";
import { recall, remember } from "@/lib/storage";
import { standardView } from "../views/use-views";
import { beginning, listable } from "./columns";
import {
  difference,
  type Kind,
  type ListParams,
  onTop,
  paramsOfView,
  type RowRule,
  readSort,
  readSums,
  readWidths,
  type Span,
  type SumOp,
  writePairs,
} from "./params";
import { useListSearch } from "./use-list-search";

/** What a person chose for the plain list on this computer. */
interface Remembered {
  keys: string[] | null;
  widths: Record<string, number>;
  freeze?: number;
}

export interface ListState {
  view: View | undefined;
  params: ListParams;
  where: Where | undefined;
  q: string | undefined;
  sort: Sort[];
  fields: Field[];
  widths: Record<string, number>;
  freeze: number;
  group: Field | undefined;
  kind: Kind;
  by: string | undefined;
  span: Span | undefined;
  on: string | undefined;
  sums: Record<string, SumOp>;
  rules: RowRule[];
  /** The view has been changed and not saved. */
  changed: boolean;
  /** Changes what is shown; `push` makes it a step that the browser's back button undoes. */
  change: (part: ListParams, push?: boolean) => void;
  /** Opens a view (null: the plain list) as it was saved. */
  open: (view: View | null) => void;
}

export function useList(entity: Entity, views: View[]): ListState {
  const search = useListSearch();
  const navigate = useNavigate();
  const standard = standardView(views);
  const isPlain = search.view === 0 || (search.view === undefined && !standard);
  const view = isPlain ? undefined : (views.find((item) => item.id === search.view) ?? standard);
  const name = `columns.${entity.key}`;

  const base = useMemo<ListParams>(() => {
    const start = { cols: beginning(entity).join(","), freeze: 1 };
    return view ? { ...start, ...paramsOfView(view) } : start;
  }, [entity, view]);
  const params = onTop(base, search);

  const go = (next: Record<string, unknown>, push: boolean) =>
    void navigate({
      to: ".",
      replace: !push,
      // The record at the side stays open over another state of the list.
      search: (before: { open?: string }) => ({ ...next, open: before.open }),
      state: (before: object) => (push ? {} : before),
    } as never);
  const change = (part: ListParams, push = false) => {
    const wanted = { ...params, ...part };
    if (!view && (part.cols !== undefined || part.widths !== undefined || part.freeze !== undefined))
      remember(name, {
        keys: wanted.cols ? wanted.cols.split(",") : null,
        widths: readWidths(wanted.widths),
        freeze: wanted.freeze,
      } satisfies Remembered);
    go({ view: search.view, ...difference(base, wanted) }, push);
  };

  // The plain list begins as it was left on this computer; written into the address, a link shows it to others.
  const untouched =
    !view && search.cols === undefined && search.widths === undefined && search.freeze === undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only on arrival
  useEffect(() => {
    const kept = untouched ? recall<Remembered>(name) : null;
    if (!kept) return;
    const wanted: ListParams = {
      ...params,
      cols: kept.keys?.join(",") ?? params.cols,
      widths: writePairs(kept.widths),
      freeze: kept.freeze ?? params.freeze,
    };
    const own = difference(base, wanted);
    if (Object.keys(own).length > 0) go({ view: search.view, ...own }, false);
  }, [untouched, name]);

  const shown = (params.cols || base.cols || "")
    .split(",")
    .map((key) => entity.fields.find((field) => field.key === key))
    .filter((field): field is Field => field !== undefined && listable(field));
  const signature = shown.map((field) => field.key).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the signature stands for the fields
  const fields = useMemo(() => shown, [signature, entity]);
  const known = (key: string) => entity.fields.some((field) => field.key === key);
  return {
    view,
    params,
    where: params.where ?? undefined,
    q: params.q || undefined,
    sort: readSort(params.sort).filter((item) => known(item.field)),
    fields,
    widths: readWidths(params.widths),
    freeze: Math.min(params.freeze ?? 1, fields.length),
    group: entity.fields.find((field) => field.key === params.group),
    kind: params.as ?? "grid",
    by: params.by || undefined,
    span: params.span,
    on: params.on || undefined,
    sums: readSums(params.sums),
    rules: params.rules ?? [],
    changed:
      view !== undefined &&
      Object.keys(difference(paramsOfView(view), withoutDefaults(params, view))).length > 0,
    change,
    open: (next) =>
      go(next ? (next === standard ? {} : { view: next.id }) : standard ? { view: 0 } : {}, true),
  };
}

/** A view that says nothing about columns is not changed by the columns that it begins with. */
function withoutDefaults(params: ListParams, view: View): ListParams {
  const saved = paramsOfView(view);
  return {
    ...params,
    cols: saved.cols === undefined ? undefined : params.cols,
    on: undefined,
    freeze: saved.freeze === undefined && params.freeze === 1 ? undefined : params.freeze,
  };
}
