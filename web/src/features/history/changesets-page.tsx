import { plural, t } from "@lingui/core/macro";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Select } from "antd";
import { GitCompareArrows } from "lucide-react";
import { useEffect } from "react";
import { api } from "@/api/calls";
import { useCatalog } from "@/api/catalog";
import { onChanges } from "@/api/events";
import { findReferences } from "@/fields/references";
import { textOf } from "@/i18n";
import { formatWhen } from "@/lib/dates";
import { sentenceOf } from "@/ui/errors";
import { Avatar } from "@/ui/marks";
import { Banner, Empty, PageHeader, Skeleton } from "@/ui/page";
import { actorName } from "@/ui/who";
import { asked, type Narrow, readNarrow } from "./narrow";
import { ORIGINS, originText, stateText } from "./words";
import "./history.css";

/** Everything that was changed, by whom and from where; newest first. What is shown stands in the address. */
export function ChangesetsPage() {
  const entities = useCatalog()?.entities ?? [];
  const navigate = useNavigate();
  const narrow = readNarrow(useSearch({ strict: false }) as Record<string, unknown>);
  const narrowed = Object.keys(narrow).length > 0;
  const pages = useInfiniteQuery({
    queryKey: ["changesets", narrow],
    queryFn: ({ pageParam }) => api.changesets(pageParam, asked(narrow)),
    initialPageParam: null as string | number | null,
    getNextPageParam: (last) => last.next,
    staleTime: 0,
  });
  const { refetch } = pages;
  useEffect(() => onChanges(() => void refetch()), [refetch]);
  const items = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const nameOf = (key: string) => textOf(entities.find((entity) => entity.key === key)?.label) || key;
  const show = (change: Narrow) =>
    void navigate({ to: "/changesets", search: { ...narrow, ...change }, replace: true });
  return (
    <div className="page history" data-testid="changesets-page">
      <PageHeader title={t`变更集`} facts={t`每次改动都有名字，都能撤销`} />
      <Filters narrow={narrow} onChange={show} />
      <div className="page-body">
        {pages.error ? <Banner bad>{sentenceOf(pages.error)}</Banner> : null}
        {pages.isPending ? <Skeleton rows={8} /> : null}
        {pages.isSuccess && items.length === 0 ? (
          narrowed ? (
            <Empty icon={<GitCompareArrows size={24} />} title={t`没有符合的改动`}>
              <Button
                onClick={() => void navigate({ to: "/changesets", search: {} })}
              >{t`看全部改动`}</Button>
            </Empty>
          ) : (
            <Empty
              icon={<GitCompareArrows size={24} />}
              title={t`还没有改动。新建、修改、导入以后都会记在这里`}
            />
          )
        ) : null}
        {items.length > 0 ? (
          <ul className="history-lines changesets">
            {items.map((item) => (
              <li
                key={item.changeset}
                data-testid={`changeset-${item.changeset}`}
                className={item.state === "undone" ? "undone" : undefined}
              >
                <Avatar name={actorName(item.actor)} />
                <span className="what">
                  <Link to="/changesets/$id" params={{ id: String(item.changeset) }}>
                    {item.title}
                  </Link>
                  {stateText(item.state) ? <span className="flag sla">{stateText(item.state)}</span> : null}
                  <span className="quiet small">
                    {[
                      actorName(item.actor),
                      originText(item.origin),
                      ...Object.entries(item.records ?? {}).map(
                        ([key, count]) => `${nameOf(key)} ${plural(count, { other: "# 条" })}`,
                      ),
                    ]
                      .filter(Boolean)
                      .join(" · ")}
                  </span>
                </span>
                <span className="quiet small number">#{item.changeset}</span>
                <time className="quiet small" dateTime={item.at}>
                  {formatWhen(item.at)}
                </time>
              </li>
            ))}
          </ul>
        ) : null}
        {pages.hasNextPage ? (
          <Button
            loading={pages.isFetchingNextPage}
            onClick={() => void pages.fetchNextPage()}
            style={{ marginTop: 12 }}
          >{t`看更早的`}</Button>
        ) : null}
      </div>
    </div>
  );
}

/** By whom, when, of what, from where. */
function Filters({ narrow, onChange }: { narrow: Narrow; onChange: (change: Narrow) => void }) {
  const entities = useCatalog()?.entities ?? [];
  const people = useQuery({
    queryKey: ["references", "user", ""],
    queryFn: ({ signal }) => findReferences("user", "", signal),
    staleTime: 60_000,
  });
  return (
    <search className="filters">
      <Select
        aria-label={t`谁改的`}
        data-testid="by-person"
        allowClear
        placeholder={t`谁改的`}
        value={narrow.person}
        options={(people.data ?? []).map((one) => ({ value: one.id, label: one.label }))}
        onChange={(person?: number) => onChange({ person })}
      />
      <Select
        aria-label={t`什么时候`}
        data-testid="by-time"
        allowClear
        placeholder={t`什么时候`}
        value={narrow.days}
        options={[
          { value: 1, label: t`今天` },
          { value: 7, label: t`近 7 天` },
          { value: 30, label: t`近 30 天` },
        ]}
        onChange={(days?: number) => onChange({ days })}
      />
      <Select
        aria-label={t`哪种记录`}
        data-testid="by-entity"
        allowClear
        showSearch={{ optionFilterProp: "label" }}
        popupMatchSelectWidth={false}
        placeholder={t`哪种记录`}
        value={narrow.entity}
        options={entities.map((one) => ({ value: one.key, label: textOf(one.label) }))}
        onChange={(entity?: string) => onChange({ entity })}
      />
      <Select
        aria-label={t`从哪里`}
        data-testid="by-origin"
        allowClear
        placeholder={t`从哪里`}
        value={narrow.origin}
        options={ORIGINS.map((one) => ({ value: one, label: originText(one) }))}
        onChange={(origin?: string) => onChange({ origin })}
      />
    </search>
  );
}
