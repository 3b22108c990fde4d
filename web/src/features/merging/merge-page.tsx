import { plural, t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Button, Checkbox, Radio } from "antd";
import { Merge, Undo2 } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { api } from "@/api/calls";
import { useCatalog, useEntity } from "@/api/catalog";
import { announce } from "@/api/events";
import { Problem } from "@/api/problem";
import type { Entity, Field, Id, MergeField, MergePreview, Value } from "@/api/types";
import { showValue } from "@/fields/registry";
import { isEmpty } from "@/fields/widget";
import { textOf } from "@/i18n";
import { formatNumber } from "@/lib/money";
import { faultOf } from "@/records/fault";
import { recordChange } from "@/records/undo";
import { Keys } from "@/ui/keys";
import { Empty, PageHeader, Skeleton } from "@/ui/page";
import { toast } from "@/ui/toast";
import { resultOf, sameValues, type Take, takenOf, withTake } from "./result";
import "./merging.css";

/** Several records side by side: which is kept, and whose value each field takes. */
export function MergePage() {
  const { entity: key } = useParams({ strict: false }) as { entity: string };
  const search = useSearch({ strict: false }) as { ids?: string | number };
  const entity = useEntity(key);
  const ids = [...new Set(String(search.ids ?? "").split(","))].map(Number).filter((id) => id > 0);
  const [first, setFirst] = useState<Id | undefined>(ids[0]);
  const others = ids.filter((id) => id !== first);
  const read = useQuery({
    queryKey: ["merge", key, first, ...others],
    queryFn: () => api.merge(key, { keep: first as Id, others, preview: true }) as Promise<MergePreview>,
    enabled: first !== undefined && others.length > 0,
    placeholderData: (before) => before,
    staleTime: 0,
  });
  if (!entity) return <Empty title={t`没有这张列表，或者不归你看`} />;
  const name = textOf(entity.label);
  return (
    <div className="page merging" data-testid="merge-page">
      <PageHeader title={t`合并 ${formatNumber(ids.length)} 条${name}`} />
      {ids.length < 2 ? <Empty title={t`在列表里选两条以上，再点「合并」`} /> : null}
      {read.error ? <Unread entity={entity} error={read.error} onAgain={() => void read.refetch()} /> : null}
      {read.isLoading ? <Skeleton rows={10} /> : null}
      {read.data && first !== undefined ? (
        <Sides
          entity={entity}
          order={ids}
          keep={first}
          told={read.data}
          waiting={read.isPlaceholderData}
          onKeep={setFirst}
        />
      ) : null}
    </div>
  );
}

/** Why there is nothing to merge here, and the way on. */
function Unread({ entity, error, onAgain }: { entity: Entity; error: unknown; onAgain: () => void }) {
  const isGone = error instanceof Problem && error.status === 404;
  return (
    <Empty title={isGone ? t`要合并的记录里，有的没有了，或者不归你看` : faultOf(error)}>
      <div className="line">
        {isGone ? null : <Button onClick={onAgain}>{t`再试一次`}</Button>}
        <Link to="/list/$entity" params={{ entity: entity.key }}>{t`回到列表`}</Link>
      </div>
    </Empty>
  );
}

interface SidesProps {
  entity: Entity;
  order: Id[];
  keep: Id;
  told: MergePreview;
  /** The preview is still that of another kept record. */
  waiting: boolean;
  onKeep: (id: Id) => void;
}

function Sides({ entity, order, keep, told, waiting, onKeep }: SidesProps) {
  const navigate = useNavigate();
  const entities = useCatalog()?.entities ?? [];
  const [take, setTake] = useState<Take>({});
  const [all, setAll] = useState(false);
  const [busy, setBusy] = useState(false);
  const name = textOf(entity.label);
  const records = order.flatMap((id) => told.records.find((record) => record.id === id) ?? []);
  const rows = told.fields.flatMap((told) => {
    const field = entity.fields.find((one) => one.key === told.field);
    return field ? [{ field, told }] : [];
  });
  const differing = rows.filter((row) => !sameValues(row.told));
  const shown = all ? rows : differing;
  const others = order.filter((id) => id !== keep);

  const merge = async () => {
    setBusy(true);
    try {
      const done = await api.merge(entity.key, { keep, others, take });
      if (!("changeset" in done)) return;
      announce(null);
      recordChange(t`已把 ${formatNumber(order.length)} 条${name}合并成一条`, [done.changeset]);
      void navigate({
        to: "/record/$entity/$id",
        params: { entity: entity.key, id: String(keep) },
        replace: true,
      });
    } catch (error) {
      toast(faultOf(error));
      setBusy(false);
    }
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the newest choice counts
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (
        event.key !== "Enter" ||
        !(event.ctrlKey || event.metaKey) ||
        event.defaultPrevented ||
        busy ||
        waiting
      )
        return;
      event.preventDefault();
      void merge();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [busy, waiting, keep, take]);

  return (
    <>
      <div className="merge-scroll">
        <table className="merge-table">
          <thead>
            <tr>
              <th scope="col">
                <span className="quiet small">{t`留下哪一条`}</span>
              </th>
              {records.map((record) => (
                <th scope="col" key={record.id}>
                  <Radio
                    name="keep"
                    checked={record.id === keep}
                    data-testid={`keep-${record.id}`}
                    onChange={() => {
                      setTake({});
                      onKeep(record.id);
                    }}
                  >
                    <b>{record.label || `#${record.id}`}</b>
                  </Radio>
                </th>
              ))}
              <th scope="col" className="result">
                <span>{t`合并后`}</span>
                <span className="quiet small">
                  {all
                    ? t`全部 ${formatNumber(rows.length)} 个字段`
                    : plural(differing.length, { other: "只看不同的 # 个字段" })}
                  {differing.length < rows.length ? (
                    <button type="button" className="link-button" onClick={() => setAll(!all)}>
                      {all ? t`只看不同的` : t`相同的也列出来`}
                    </button>
                  ) : null}
                </span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ field, told: one }) => (
              <FieldRow
                key={field.key}
                field={field}
                told={one}
                preview={told}
                order={order}
                take={take}
                onTake={setTake}
              />
            ))}
            {told.related.length > 0 ? (
              <tr className="part">
                <th scope="row" colSpan={order.length + 2}>{t`一起搬过来`}</th>
              </tr>
            ) : null}
            {told.related.map((one) => {
              const label = entities.find((other) => other.key === one.entity)?.label;
              return (
                <tr key={one.entity}>
                  <th scope="row">{label ? textOf(label) : one.entity}</th>
                  <td colSpan={order.length} className="quiet">{t`改挂到留下的那条，人和时间都不变`}</td>
                  <td className="result">{plural(one.count, { other: "# 条" })}</td>
                </tr>
              );
            })}
            {told.same.map((one) => (
              <tr key={one.ids[0]} data-testid={`same-${one.ids[0]}`}>
                <th scope="row">{one.label}</th>
                <td colSpan={order.length} className="quiet">{t`姓名和电话都一样，合成一位`}</td>
                <td className="result">{plural(one.ids.length - 1, { other: "少 # 位" })}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <footer className="page-footer">
        <Undo2 size={16} aria-hidden />
        <span className="quiet grow">
          {t`能撤销：撤销后恢复成 ${formatNumber(order.length)} 条，搬过来的各回各家。并掉的那几条在回收站`}
        </span>
        <Button onClick={() => window.history.back()}>{t`先不合并`}</Button>
        <Button
          type="primary"
          icon={<Merge size={14} />}
          loading={busy}
          disabled={waiting}
          data-testid="merge-apply"
          onClick={() => void merge()}
        >
          {t`合并`} <Keys keys="Ctrl ↵" />
        </Button>
      </footer>
    </>
  );
}

interface RowProps {
  field: Field;
  told: MergeField;
  preview: MergePreview;
  order: Id[];
  take: Take;
  onTake: (take: Take) => void;
}

function FieldRow({ field, told, preview, order, take, onTake }: RowProps) {
  const label = textOf(field.label);
  const taken = takenOf(told, take);
  const result = resultOf(told, preview, take);
  const cell = (id: Id): ReactNode => {
    const value: Value = told.values[preview.records.findIndex((record) => record.id === id)] ?? null;
    const text = isEmpty(value) ? "—" : showValue(field, value);
    const said = t`${label}：${text}`;
    if (told.rule === "all")
      return (
        <Checkbox
          aria-label={said}
          disabled={isEmpty(value)}
          checked={taken.includes(id)}
          onChange={() => onTake(withTake(told, take, id))}
        >
          {text}
        </Checkbox>
      );
    return (
      <Radio
        name={`take-${field.key}`}
        aria-label={said}
        checked={taken.includes(id)}
        data-testid={`take-${field.key}-${id}`}
        onChange={() => onTake(withTake(told, take, id))}
      >
        {text}
      </Radio>
    );
  };
  const why: Record<string, string> = { all: t`放在一起`, sum: t`相加`, max: t`取最晚的`, min: t`取最早的` };
  return (
    <tr data-testid={`merge-${field.key}`}>
      <th scope="row">{label}</th>
      {order.map((id) => (
        <td key={id} className={taken.includes(id) || taken.length === 0 ? undefined : "passed"}>
          {cell(id)}
        </td>
      ))}
      <td className={taken.length === 1 ? "result chosen" : "result"}>
        <span>{isEmpty(result) ? "—" : showValue(field, result)}</span>
        {(told.rule === "all" && taken.length > 1) || taken.length === 0 ? (
          <span className="quiet small">{why[told.rule] ?? ""}</span>
        ) : null}
      </td>
    </tr>
  );
}
