import { plural, t } from "@lingui/core/macro";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { GitCompareArrows } from "lucide-react";
import { useEffect } from "react";
import { api } from "@/api/calls";
import { useCatalog } from "@/api/catalog";
import { onChanges } from "@/api/events";
import { textOf } from "@/i18n";
import { formatWhen } from "@/lib/dates";
import { sentenceOf } from "@/ui/errors";
import { Banner, Empty, PageHeader } from "@/ui/page";
import { actorName } from "@/ui/who";
import { originText, stateText } from "./words";
import "./history.css";

/** Everything that was changed, by whom and from where; newest first. */
export function ChangesetsPage() {
  const entities = useCatalog()?.entities ?? [];
  const pages = useInfiniteQuery({
    queryKey: ["changesets"],
    queryFn: ({ pageParam }) => api.changesets(pageParam),
    initialPageParam: null as string | number | null,
    getNextPageParam: (last) => last.next,
    staleTime: 0,
  });
  const { refetch } = pages;
  useEffect(() => onChanges(() => void refetch()), [refetch]);
  const items = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const nameOf = (key: string) => textOf(entities.find((entity) => entity.key === key)?.label) || key;
  return (
    <div className="page" data-testid="changesets-page">
      <PageHeader title={t`变更集`} facts={t`每次改动都有名字，都能撤销`} />
      <div className="page-body">
        {pages.error ? <Banner bad>{sentenceOf(pages.error)}</Banner> : null}
        {pages.isSuccess && items.length === 0 ? (
          <Empty
            icon={<GitCompareArrows size={24} />}
            title={t`还没有改动。新建、修改、导入以后都会记在这里`}
          />
        ) : null}
        {items.length > 0 ? (
          <table className="ledger-table">
            <thead>
              <tr>
                <th>#</th>
                <th>{t`做了什么`}</th>
                <th>{t`动了多少`}</th>
                <th>{t`谁`}</th>
                <th>{t`从哪里`}</th>
                <th>{t`什么时候`}</th>
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <tr key={item.changeset} data-testid={`changeset-${item.changeset}`}>
                  <td className="quiet">{item.changeset}</td>
                  <td>
                    <Link to="/changesets/$id" params={{ id: String(item.changeset) }}>
                      {item.title}
                    </Link>
                    {stateText(item.state) ? <span className="mark">{stateText(item.state)}</span> : null}
                  </td>
                  <td className="quiet">
                    {Object.entries(item.records ?? {})
                      .map(([key, count]) => `${nameOf(key)} ${plural(count, { other: "# 条" })}`)
                      .join("、")}
                  </td>
                  <td>{actorName(item.actor)}</td>
                  <td className="quiet">{originText(item.origin)}</td>
                  <td className="quiet">
                    <time dateTime={item.at}>{formatWhen(item.at)}</time>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
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
