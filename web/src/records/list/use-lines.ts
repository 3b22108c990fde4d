// The lines of a list wherever they are drawn: its records, their groups, and which of those are folded.
import { useCallback, useMemo, useState } from "react";
import type { Entity, Field } from "@/api/types";
import type { RowStore } from "../grid/row-store";
import { type RowGroup, Rows } from "../grid/rows";
import { groupedSort, useGroups } from "./use-groups";
import type { ListState } from "./use-list";
import { useRows } from "./use-rows";

interface Lines {
  store: RowStore;
  version: number;
  rows: Rows;
  /** null: not grouped; undefined: not known yet. */
  groups: RowGroup[] | null | undefined;
  folded: ReadonlySet<string>;
  fold: (group: { key: string }) => void;
}

/** The lines of a list; `select` is read of each record, `summed` are the fields that groups tell sums of. */
export function useLines(entity: Entity, list: ListState, select: string[], summed: Field[]): Lines {
  const narrowed = { where: list.where, search: list.q };
  const sort = groupedSort(list.group, list.sort);
  const marks = list.rules.map((rule) => rule.where);
  const { store, version } = useRows(entity.key, {
    select,
    ...narrowed,
    sort: sort.length ? sort : undefined,
    marks: marks.length ? marks : undefined,
  });
  const groups = useGroups(entity, list.group, narrowed, list.sort, summed);
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const fold = useCallback(
    (group: { key: string }) =>
      setFolded((now) => {
        const next = new Set(now);
        if (!next.delete(group.key)) next.add(group.key);
        return next;
      }),
    [],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version stands for everything inside the store
  const rows = useMemo(() => new Rows(store, groups ?? null, folded), [store, groups, folded, version]);
  return { store, version, rows, groups, folded, fold };
}
