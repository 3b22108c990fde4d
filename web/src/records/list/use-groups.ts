// Groups of a list with their counts and sums, and the figures below its columns: read from the server, kept fresh.

import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { api } from "@/api/calls";
import { queryClient } from "@/api/catalog";
import { concerns, onChanges } from "@/api/events";
import type { Aggregate, AggregateAnswer, Entity, Field, Sort, Value, Where } from "@/api/types";
import { showValue } from "@/fields/registry";
import { isEmpty, plainText } from "@/fields/widget";
import type { RowGroup } from "../grid/rows";
import type { SumOp } from "./params";

const QUIET = 250;
const SHARE = 10;

/** In how many milliseconds figures are asked again that took so long and have stood since: at most a tenth of the time
 * goes into them, however many people have a large ledger's board open while others work. */
export const restAfter = (took: number, stood: number): number => Math.max(QUIET, SHARE * took - stood);

/** What the server said, and when it was asked: what was changed later it does not know. */
export type Figures = AggregateAnswer & { begun: number };

/** Figures over the records of a query; asked again when records change. */
export function useFigures(entity: string, asked: Aggregate | null): Figures | undefined {
  const text = asked ? JSON.stringify(asked) : null;
  const last = useRef({ took: 0, done: 0 });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = onChanges((event) => {
      if (!concerns(event, entity) || timer) return;
      const { took, done } = last.current;
      timer = setTimeout(
        () => {
          timer = undefined;
          void queryClient.invalidateQueries({ queryKey: ["figures", entity] });
        },
        restAfter(took, performance.now() - done),
      );
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [entity]);
  return useQuery({
    queryKey: ["figures", entity, text],
    queryFn: async ({ signal }) => {
      const begun = performance.now();
      const answer = await api.aggregate(entity, JSON.parse(text as string) as Aggregate, signal);
      const done = performance.now();
      last.current = { took: done - begun, done };
      return { ...answer, begun };
    },
    enabled: text !== null,
    placeholderData: (before) => before,
  }).data;
}

const GROUPABLE = ["select", "user", "boolean", "date", "datetime", "region"];
const BY_MONTH = ["date", "datetime"];

const typeOf = (field: Field): string => field.value_type ?? field.type;

/** Lists are grouped by what has few values and an order; records of the same name would mix in it. */
export const isGroupable = (field: Field): boolean =>
  GROUPABLE.includes(typeOf(field)) && field.sortable !== false;

export const isSummable = (field: Field): boolean =>
  ["money", "integer", "number"].includes(typeOf(field)) && field.sensitive !== "secret";

/** What can be told below a column of this field. */
export function sumsOf(field: Field): SumOp[] {
  if (field.sortable === false) return [];
  const type = typeOf(field);
  if (isSummable(field)) return ["sum", "avg", "min", "max", "filled", "empty"];
  if (type === "percent" || type === "rating") return ["avg", "min", "max", "filled", "empty"];
  if (BY_MONTH.includes(type)) return ["min", "max", "filled", "empty"];
  return ["filled", "empty", "distinct"];
}

/** The order of a grouped list: the groups first, each inside as asked. */
export function groupedSort(group: Field | undefined, sort: Sort[]): Sort[] {
  if (!group) return sort;
  const own = sort.find((item) => item.field === group.key);
  return [own ?? { field: group.key, order: "asc" }, ...sort.filter((item) => item.field !== group.key)];
}

interface Narrowed {
  where?: Where;
  search?: string;
}

/** The groups of a list in its order; null when it is not grouped, undefined until they are known. */
export function useGroups(
  entity: Entity,
  group: Field | undefined,
  { where, search }: Narrowed,
  sort: Sort[],
  fields: Field[],
): RowGroup[] | null | undefined {
  const summed = fields.filter(isSummable).slice(0, 12);
  const by = group && BY_MONTH.includes(typeOf(group)) ? ("month" as const) : undefined;
  const order = groupedSort(group, sort)[0];
  const figures = useFigures(
    entity.key,
    group && order
      ? {
          group: [{ field: group.key, ...(by ? { by } : {}) }],
          measures: [{ op: "count" }, ...summed.map((field) => ({ op: "sum" as const, field: field.key }))],
          where,
          search,
          sort: [order],
          limit: 10_000,
        }
      : null,
  );
  if (!group) return null;
  if (!figures || figures.columns[0] !== group.key) return undefined;
  return figures.rows.map(([value, count, ...sums]) => ({
    key: JSON.stringify(value ?? null),
    label: groupLabel(group, value, by === "month"),
    value,
    count: Number(count),
    sums: Object.fromEntries(summed.map((field, at) => [field.key, plainText(sums[at])])),
  }));
}

export function groupLabel(field: Field, value: Value, month = false): string {
  if (isEmpty(value)) return t`没填`;
  return month ? plainText(value).slice(0, 7) : showValue(field, value);
}

/** The figures below the columns: by field the text, undefined until it is known. */
export function useSums(
  entity: Entity,
  fields: Field[],
  sums: Record<string, SumOp>,
  { where, search }: Narrowed,
): Record<string, Value> | undefined {
  const wanted = fields.filter(
    (field) => sums[field.key] && sumsOf(field).includes(sums[field.key] as SumOp),
  );
  const measures = wanted.map((field) => {
    const op = sums[field.key] as SumOp;
    return { op: op === "filled" || op === "empty" ? ("count" as const) : op, field: field.key };
  });
  const figures = useFigures(
    entity.key,
    wanted.length > 0 ? { measures: [{ op: "count" }, ...measures], where, search } : null,
  );
  if (!figures) return wanted.length > 0 ? undefined : {};
  const [count, ...values] = figures.total;
  return Object.fromEntries(
    wanted.map((field, at) => {
      const value = values[at];
      return [field.key, sums[field.key] === "empty" ? Number(count) - Number(value) : value];
    }),
  );
}
