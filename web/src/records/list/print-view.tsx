// The list on paper: a plain table, as the grid itself is a picture of the rows in sight.
import { plural, t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { Printer, X } from "lucide-react";
import { Fragment, useEffect, useRef } from "react";
import { api } from "@/api/calls";
import { useCatalog } from "@/api/catalog";
import type { Entity } from "@/api/types";
import { widgetOf } from "@/fields/registry";
import { textOf } from "@/i18n";
import { ledgerDay } from "@/lib/dates";
import { sayCount } from "@/ui/amounts";
import { sentenceOf } from "@/ui/errors";
import { Panel } from "@/ui/focus";
import { Banner, Skeleton } from "@/ui/page";
import { sentenceOf as filterSentence, toFilter } from "../filter/conditions";
import { useNames } from "../filter/names";
import { cellText, columnTitle } from "../grid/cells";
import { type Row, rowsOf } from "../grid/row-store";
import { listName } from "./leave-trail";
import { groupedSort } from "./use-groups";
import type { ListState } from "./use-list";
import "./print-view.css";

const PAGE = 500;
const MOST = 2_000;

/** Shows what would be printed: columns, conditions, order and groups of the list, up to 2,000 rows. */
export function PrintView({
  entity,
  list,
  onClose,
}: {
  entity: Entity;
  list: ListState;
  onClose: () => void;
}) {
  const firm = useCatalog()?.settings?.firm;
  const sort = groupedSort(list.group, list.sort);
  const query = {
    select: [...new Set([...list.fields.map((field) => field.key), ...(list.group ? [list.group.key] : [])])],
    where: list.where,
    search: list.q,
    sort: sort.length ? sort : undefined,
  };
  const found = useQuery({
    queryKey: ["print", entity.key, JSON.stringify(query)],
    gcTime: 0,
    queryFn: async ({ signal }) => {
      const rows: Row[] = [];
      let count: { value: number; exact: boolean } | null = null;
      for (let at = 0; at < MOST; at += PAGE) {
        const ask = { ...query, at, limit: PAGE, count: at === 0 ? ("capped" as const) : ("none" as const) };
        const answer = await api.query(entity.key, ask, signal);
        rows.push(...rowsOf(answer.columns, answer.rows));
        count ??= answer.count ?? null;
        if (answer.rows.length < PAGE) break;
      }
      return { rows, count };
    },
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      onClose();
    };
    window.addEventListener("keydown", onKey, true);
    return () => window.removeEventListener("keydown", onKey, true);
  }, [onClose]);
  const now = useRef<HTMLButtonElement>(null);
  const isThere = found.data !== undefined;
  useEffect(() => {
    if (isThere) now.current?.focus();
  }, [isThere]);
  const fields = list.fields.filter((field) => field.key !== list.group?.key);
  const rows = found.data?.rows ?? [];
  const count = found.data?.count;
  useNames(entity, list.where);
  const sentence = filterSentence(entity, toFilter(list.where));
  const groupOf = (row: Row | undefined): string =>
    row && list.group ? cellText(list.group, row.values[list.group.key]) || t`空` : "";
  return (
    <Panel>
      <section className="print-view" aria-label={t`打印`} data-testid="print-view">
        <div className="print-tools">
          {count && count.value > rows.length ? (
            <Banner>{plural(MOST, { other: "只印前 # 条。要全部的用导出" })}</Banner>
          ) : null}
          <span className="grow" />
          <Button icon={<X size={14} />} onClick={onClose}>{t`关掉`}</Button>
          <Button
            type="primary"
            ref={now}
            icon={<Printer size={14} />}
            disabled={!found.data}
            data-testid="print-now"
            onClick={() => window.print()}
          >{t`打印`}</Button>
        </div>
        {found.error ? <Banner bad>{sentenceOf(found.error)}</Banner> : null}
        {found.isPending ? <Skeleton /> : null}
        {found.data ? (
          <>
            <header>
              <h1>{listName(entity, list.view)}</h1>
              <p>
                {[
                  firm,
                  ledgerDay(),
                  sayCount(count?.value ?? rows.length, count?.exact),
                  list.q ? t`「${list.q}」` : "",
                  sentence,
                ]
                  .filter(Boolean)
                  .join(" · ")}
              </p>
            </header>
            <table>
              <thead>
                <tr>
                  <th className="number">#</th>
                  {fields.map((field) => (
                    <th key={field.key} className={widgetOf(field).align === "right" ? "number" : undefined}>
                      {columnTitle(field)}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map((row, at) => (
                  <Fragment key={row.id}>
                    {list.group && groupOf(row) !== groupOf(rows[at - 1]) ? (
                      <tr className="group">
                        <th colSpan={fields.length + 1}>
                          {textOf(list.group.label)} {groupOf(row)}
                        </th>
                      </tr>
                    ) : null}
                    <tr>
                      <td className="number">{at + 1}</td>
                      {fields.map((field) => (
                        <td
                          key={field.key}
                          className={widgetOf(field).align === "right" ? "number" : undefined}
                        >
                          {cellText(field, row.values[field.key])}
                        </td>
                      ))}
                    </tr>
                  </Fragment>
                ))}
              </tbody>
            </table>
          </>
        ) : null}
      </section>
    </Panel>
  );
}
