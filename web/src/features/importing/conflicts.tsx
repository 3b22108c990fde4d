import { plural, t } from "@lingui/core/macro";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Radio, Select } from "antd";
import { useState } from "react";
import { api } from "@/api/calls";
import { useCatalog } from "@/api/catalog";
import type { Finding, ImportConflict, ImportConflictColumn, ImportJob, Outcome } from "@/api/types";
import { showValue } from "@/fields/registry";
import { textOf } from "@/i18n";
import { sentenceOf } from "@/ui/errors";
import { Banner, Skeleton } from "@/ui/page";
import type { Decisions } from "./decisions";

interface Props {
  job: ImportJob;
  finding: Finding;
  outcome: Outcome;
  /** What has been chosen here and is not checked yet. */
  said: Decisions;
  busy: boolean;
  onSay: (sheet: string, place: string, what: Outcome) => void;
}

/** Cells that say something else than the ledger: both values, and which of them shall stand. */
export function Conflicts({ job, finding, outcome, said, busy, onSay }: Props) {
  const [place, setPlace] = useState<{ sheet: string; column: string }>();
  const pages = useInfiniteQuery({
    queryKey: ["import-conflicts", job.id, job.options, outcome, place],
    queryFn: ({ pageParam }) => api.importConflicts(job.id, { outcome, ...place, after: pageParam }),
    initialPageParam: 0,
    getNextPageParam: (page) => page.next ?? undefined,
    enabled: job.state === "checked",
  });
  const first = pages.data?.pages[0];
  const items = (pages.data?.pages ?? []).flatMap((page) => page.items);
  const columns = (first?.columns ?? []).filter((one) => one[outcome] > 0);
  const one = columns.find((each) => each.sheet === place?.sheet && each.column === place.column);
  const unseen = first ? first.total - first.listed : 0;
  const several = new Set(columns.map((each) => each.sheet)).size > 1;
  return (
    <section className="places conflicts" data-testid={`finding-${finding.code}`}>
      <div className="places-head">
        <h2>{finding.message}</h2>
        <Select
          size="small"
          allowClear
          aria-label={t`只看一列`}
          data-testid="conflict-column"
          placeholder={t`只看一列`}
          popupMatchSelectWidth={false}
          value={one ? keyOf(one) : undefined}
          options={columns.map((each) => ({
            value: keyOf(each),
            label: `${several ? `${each.sheet} ` : ""}${each.source} ${each[outcome]}`,
          }))}
          onChange={(key?: string) => {
            const found = columns.find((each) => keyOf(each) === key);
            setPlace(found && { sheet: found.sheet, column: found.column });
          }}
        />
        {one ? (
          <>
            <Button
              size="small"
              disabled={busy}
              data-testid="column-take"
              onClick={() => onSay(one.sheet, one.column, "take")}
            >{t`这一列都用文件的`}</Button>
            <Button
              size="small"
              disabled={busy}
              data-testid="column-keep"
              onClick={() => onSay(one.sheet, one.column, "keep")}
            >{t`这一列都留台账的`}</Button>
          </>
        ) : null}
      </div>
      {pages.error ? (
        <Banner bad>{sentenceOf(pages.error)}</Banner>
      ) : first ? (
        <ul>
          {items.map((item) => (
            <Line
              // A row may mean several records, each with its own value.
              key={`${item.sheet}!${item.cell}:${item.id}`}
              item={item}
              several={several}
              busy={busy}
              chosen={chosen(item, said)}
              onSay={(what) => onSay(item.sheet, item.cell, what)}
            />
          ))}
        </ul>
      ) : (
        <Skeleton rows={6} />
      )}
      {pages.hasNextPage ? (
        <Button
          type="link"
          loading={pages.isFetchingNextPage}
          onClick={() => void pages.fetchNextPage()}
        >{t`再看一些`}</Button>
      ) : null}
      {unseen > 0 ? (
        <p className="quiet small">{plural(unseen, { other: "还有 # 处没有列出，可以整列一起定" })}</p>
      ) : null}
    </section>
  );
}

const keyOf = (one: ImportConflictColumn) => `${one.column}|${one.sheet}`;

/** What will stand: what was chosen for the cell, else for its column, else what the rehearsal did. */
const chosen = (item: ImportConflict, said: Decisions): Outcome =>
  said[item.sheet]?.[item.cell] ?? said[item.sheet]?.[item.cell.replace(/\d+$/, "")] ?? item.outcome;

interface LineProps {
  item: ImportConflict;
  several: boolean;
  busy: boolean;
  chosen: Outcome;
  onSay: (what: Outcome) => void;
}

function Line({ item, several, busy, chosen: now, onSay }: LineProps) {
  const field = useCatalog()
    ?.entities.find((one) => one.key === item.entity)
    ?.fields.find((one) => one.key === item.field);
  const shown = (value: ImportConflict["ours"]) => (field && value !== null ? showValue(field, value) : "—");
  return (
    <li data-testid={`conflict-${item.cell}`}>
      <span className="letters">
        {several ? `${item.sheet} ` : ""}
        {item.cell}
      </span>
      <span className="place-field">
        {item.record}
        <span className="quiet small">{` ${textOf(field?.label) || item.column}`}</span>
      </span>
      <Radio.Group
        className="conflict-values"
        disabled={busy}
        aria-label={t`${item.cell} 用哪一个`}
        value={now}
        onChange={(event) => onSay(event.target.value as Outcome)}
        options={[
          { value: "keep", label: t`台账：${shown(item.ours)}` },
          { value: "take", label: t`文件：${shown(item.theirs)}` },
        ]}
      />
    </li>
  );
}
