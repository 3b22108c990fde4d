import { t } from "@lingui/core/macro";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Select } from "antd";
import { Trash2 } from "lucide-react";
import { useEffect, useState } from "react";
import { api } from "@/api/calls";
import { useCatalog } from "@/api/catalog";
import { announce, onChanges } from "@/api/events";
import type { TrashItem } from "@/api/types";
import { textOf } from "@/i18n";
import { formatWhen } from "@/lib/dates";
import { recordChange } from "@/records/undo";
import { sentenceOf } from "@/ui/errors";
import { Banner, Empty, PageHeader } from "@/ui/page";
import { toast } from "@/ui/toast";
import { actorName } from "@/ui/who";
import "./history.css";

/** Deleted records, which can be brought back under their old number. */
export function TrashPage() {
  const entities = useCatalog()?.entities ?? [];
  const [entity, setEntity] = useState(
    entities.find((item) => item.key === "customer")?.key ?? entities[0]?.key ?? "",
  );
  const pages = useInfiniteQuery({
    queryKey: ["trash", entity],
    queryFn: ({ pageParam }) => api.trash(entity, pageParam),
    initialPageParam: null as string | number | null,
    getNextPageParam: (last) => last.next,
    enabled: entity !== "",
    staleTime: 0,
  });
  const { refetch } = pages;
  useEffect(() => onChanges(() => void refetch()), [refetch]);
  const items = pages.data?.pages.flatMap((page) => page.items) ?? [];

  const restore = async (item: TrashItem) => {
    try {
      const answer = await api.restoreRecord(item.entity, item.id);
      announce(item.entity, [item.id]);
      recordChange(t`已恢复「${item.title}」`, [answer.changeset]);
    } catch (error) {
      toast(sentenceOf(error));
    }
  };
  return (
    <div className="page" data-testid="trash-page">
      <PageHeader
        title={t`回收站`}
        actions={
          <Select
            style={{ minWidth: 140 }}
            aria-label={t`哪种记录`}
            data-testid="trash-entity"
            value={entity}
            onChange={setEntity}
            options={entities.map((item) => ({ value: item.key, label: textOf(item.label) }))}
          />
        }
      />
      <div className="page-body">
        {pages.error ? <Banner bad>{sentenceOf(pages.error)}</Banner> : null}
        {pages.isSuccess && items.length === 0 ? (
          <Empty icon={<Trash2 size={24} />} title={t`回收站是空的。删掉的记录会到这里，随时能恢复`} />
        ) : null}
        {items.length > 0 ? (
          <table className="ledger-table">
            <thead>
              <tr>
                <th>{t`名称`}</th>
                <th>{t`谁删的`}</th>
                <th>{t`什么时候`}</th>
                <th>{t`变更集`}</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <tr key={`${item.entity}:${item.id}`} data-testid={`trash-${item.entity}-${item.id}`}>
                  <td>{item.title || `#${item.id}`}</td>
                  <td>{actorName(item.actor)}</td>
                  <td className="quiet">
                    <time dateTime={item.at}>{formatWhen(item.at)}</time>
                  </td>
                  <td>
                    <Link to="/changesets/$id" params={{ id: String(item.changeset) }}>
                      #{item.changeset}
                    </Link>
                  </td>
                  <td>
                    <Button
                      size="small"
                      data-testid="restore"
                      onClick={() => void restore(item)}
                    >{t`恢复`}</Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        ) : null}
        {pages.hasNextPage ? <Button onClick={() => void pages.fetchNextPage()}>{t`看更早的`}</Button> : null}
      </div>
    </div>
  );
}
