import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { FileSpreadsheet, Search, Users } from "lucide-react";
import { useEffect, useRef } from "react";
import { api } from "@/api/calls";
import { may } from "@/api/catalog";
import { useSession } from "@/api/session";
import type { Where } from "@/api/types";
import { textOf } from "@/i18n";
import { formatNumber } from "@/lib/money";
import { useOpenLayer } from "@/ui/layer";
import { Empty } from "@/ui/page";
import { useIsPhone } from "@/ui/use-media";
import { type Filter, itemText, toFilter, toWhere } from "../filter/conditions";
import type { ListProps } from "./list-page";

interface Props extends Pick<ListProps, "entity" | "list" | "onFile" | "onNew"> {
  /** Told while it is shown: what to do next stands here, and nowhere else on the page. */
  onShown?: (isShown: boolean) => void;
}

/** A list, board or calendar without records: how to fill it, or which condition to drop to see more. */
export function Nothing({ entity, list, onFile, onNew, onShown }: Props) {
  useEffect(() => {
    onShown?.(true);
    return () => onShown?.(false);
  }, [onShown]);
  const { where, q: search } = list;
  const bare = !where && !search;
  const onWhere = (next: Where | undefined) =>
    list.change({ where: next ?? null, q: next ? search : "" }, true);
  const name = textOf(entity.label);
  const openLayer = useOpenLayer();
  const seesAll = useSession().data?.permissions.includes("ledger:see_all") ?? true;
  const input = useRef<HTMLInputElement>(null);
  const isPhone = useIsPhone();
  const costly = useCostly(entity.key, bare ? [] : toFilter(where), search);
  if (!bare) {
    const text = costly ? itemText(entity, costly.item) : null;
    const words = text ? [text.about, text.value].filter(Boolean).join(" ") : "";
    return (
      <Empty
        title={
          costly
            ? t`没有符合的${name}。去掉「${words}」后有 ${formatNumber(costly.count)} 条`
            : where
              ? t`没有符合的${name}`
              : t`没有搜到「${search ?? ""}」`
        }
        icon={<Search size={24} />}
      >
        <div className="line">
          {costly ? (
            <Button type="primary" onClick={() => onWhere(toWhere(costly.rest))}>{t`去掉这个条件`}</Button>
          ) : null}
          <Button onClick={() => onWhere(undefined)}>{where ? t`去掉所有条件` : t`清空搜索`}</Button>
        </div>
      </Empty>
    );
  }
  const mayImport = may(entity, "import");
  // Others have some: where one's own come from.
  if (!seesAll && entity.key === "customer")
    return (
      <Empty title={t`还没有归你的客户`} icon={<Users size={24} />}>
        <span className="quiet">{t`你新建的、别人交给你的，都会在这里`}</span>
        {may(entity, "create") ? (
          <div className="line">
            <Button type="primary" onClick={() => openLayer("quick-entry")}>{t`快速录入`}</Button>
            <Button onClick={onNew}>{t`新建${name}`}</Button>
          </div>
        ) : null}
      </Empty>
    );
  return (
    <Empty
      title={
        !mayImport
          ? t`还没有${name}`
          : isPhone
            ? t`还没有${name}。选一份 Excel 台账导入，或者先新建`
            : t`还没有${name}。把现在的 Excel 台账拖进来`
      }
      icon={<FileSpreadsheet size={24} />}
    >
      <div className="line">
        {mayImport ? (
          <Button type="primary" onClick={() => input.current?.click()}>{t`选文件…`}</Button>
        ) : null}
        {may(entity, "create") ? (
          <Button type={mayImport ? "default" : "primary"} onClick={onNew}>{t`新建${name}`}</Button>
        ) : null}
      </div>
      <input
        ref={input}
        type="file"
        hidden
        accept=".xlsx,.xls,.ods,.csv,.tsv,.vcf"
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file) onFile(file);
        }}
      />
    </Empty>
  );
}

const MOST_TRIED = 6;

/** The condition without which most records are found. */
function useCostly(entity: string, filter: Filter, search: string | undefined) {
  const key = JSON.stringify({ filter, search });
  return useQuery({
    queryKey: ["costly", entity, key],
    enabled: filter.length > 0,
    retry: false,
    queryFn: async ({ signal }) => {
      const tried = await Promise.all(
        filter.slice(0, MOST_TRIED).map(async (item) => {
          const rest = filter.filter((one) => one !== item);
          const answer = await api.query(
            entity,
            { select: [], where: toWhere(rest), search, limit: 1, count: "capped" },
            signal,
          );
          return { item, rest, count: answer.count?.value ?? 0 };
        }),
      );
      const best = tried.reduce((a, b) => (b.count > a.count ? b : a));
      return best.count > 0 ? best : null;
    },
  }).data;
}
