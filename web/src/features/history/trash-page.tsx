import { t } from "@lingui/core/macro";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Select } from "antd";
import { Trash2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { api } from "@/api/calls";
import { useCatalog } from "@/api/catalog";
import { announce, onChanges } from "@/api/events";
import type { TrashItem } from "@/api/types";
import { textOf } from "@/i18n";
import { formatWhen } from "@/lib/dates";
import { recordChange } from "@/records/undo";
import { sentenceOf } from "@/ui/errors";
import { Banner, Empty, PageHeader, Skeleton } from "@/ui/page";
import { toast } from "@/ui/toast";
import { actorName } from "@/ui/who";
import "./history.css";

const keyOf = (item: TrashItem) => `${item.entity}:${item.id}`;

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

  // The line of a record that came back goes, and its button with it: the keyboard goes on with the next one.
  const list = useRef<HTMLUListElement>(null);
  const left = useRef<{ key: string; at: number } | null>(null);
  const keys = items.map(keyOf).join();
  useEffect(() => {
    const gone = left.current;
    if (!gone || keys.split(",").includes(gone.key)) return;
    left.current = null;
    if (document.activeElement !== document.body) return;
    const buttons = list.current?.querySelectorAll<HTMLElement>("[data-testid=restore]");
    const next = buttons?.length ? buttons[Math.min(gone.at, buttons.length - 1)] : null;
    (next ?? document.querySelector<HTMLElement>("[data-testid=trash-entity] input"))?.focus();
  }, [keys]);

  const restore = async (item: TrashItem) => {
    left.current = { key: keyOf(item), at: items.indexOf(item) };
    try {
      const answer = await api.restoreRecord(item.entity, item.id);
      announce(item.entity, [item.id]);
      recordChange(t`已恢复「${item.title}」`, [answer.changeset]);
    } catch (error) {
      left.current = null;
      toast(sentenceOf(error));
    }
  };
  return (
    <div className="page history" data-testid="trash-page">
      <PageHeader
        title={t`回收站`}
        facts={t`恢复后编号和关联都回来`}
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
        {pages.isPending ? <Skeleton rows={6} /> : null}
        {items.length > 0 ? (
          <ul ref={list} className="history-lines trash-list">
            {items.map((item) => (
              <li key={keyOf(item)} data-testid={`trash-${item.entity}-${item.id}`}>
                <span className="what">
                  <span>{item.title || `#${item.id}`}</span>
                  <span className="quiet small">
                    {t`${actorName(item.actor)} 删的`} · <time dateTime={item.at}>{formatWhen(item.at)}</time>{" "}
                    ·{" "}
                    <Link to="/changesets/$id" params={{ id: String(item.changeset) }}>
                      {t`变更集 #${item.changeset}`}
                    </Link>
                    {item.merged_into ? (
                      <>
                        {" · "}
                        <Link
                          to="/record/$entity/$id"
                          params={{ entity: item.entity, id: String(item.merged_into.id) }}
                        >{t`并进了「${item.merged_into.label}」，要一起恢复就撤销那次合并`}</Link>
                      </>
                    ) : null}
                  </span>
                </span>
                <Button data-testid="restore" onClick={() => void restore(item)}>{t`恢复`}</Button>
              </li>
            ))}
          </ul>
        ) : null}
        {pages.hasNextPage ? <Button onClick={() => void pages.fetchNextPage()}>{t`看更早的`}</Button> : null}
      </div>
    </div>
  );
}
