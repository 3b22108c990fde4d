import { t } from "@lingui/core/macro";
import { Button, Select } from "antd";
import { Bookmark, Brackets, Plus, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useCatalog } from "@/api/catalog";
import type { Condition, Entity } from "@/api/types";
import { textOf } from "@/i18n";
import { formatNumber } from "@/lib/money";
import {
  type Filter,
  type Item,
  isAny,
  isCondition,
  isFilterable,
  isRelated,
  itemText,
  needsValue,
  operatorsOf,
  operatorTextFor,
  PERIODS,
  periodText,
  type Related,
  sentenceOf,
  toWhere,
} from "./conditions";
import { useNames } from "./names";
import { useCount } from "./use-count";
import { ValueInput } from "./value-input";
import "./filter.css";

interface Props {
  entity: Entity;
  start: Filter;
  search?: string;
  onApply: (filter: Filter) => void;
  onSaveView?: (filter: Filter) => void;
}

const RELATED = "relation:";

/** The builder: one row per condition, groups of which any is enough, read back as one sentence and counted. */
export function FilterPanel({ entity, start, search, onApply, onSaveView }: Props) {
  const fresh = (): Condition => freshCondition(entity);
  const [filter, setFilter] = useState<Filter>(start.length ? start : [fresh()]);
  const where = toWhere(filter);
  useNames(entity, where);
  const count = useCount(entity.key, where, search);
  const change = (at: number, next: Item | null) =>
    setFilter((now) =>
      next ? now.map((item, index) => (index === at ? next : item)) : now.filter((_, index) => index !== at),
    );
  const sentence = sentenceOf(entity, filter);
  const found = count ? `${formatNumber(count.value)}${count.exact ? "" : "+"}` : "…";
  return (
    <form
      className="filter-panel"
      data-testid="filter-panel"
      onSubmit={(event) => {
        event.preventDefault();
        onApply(filter);
      }}
    >
      <div className="filter-head">
        <b>{t`条件`}</b>
        <span className="quiet" aria-live="polite" data-testid="filter-count">{t`符合 ${found} 条`}</span>
      </div>
      <div className="filter-rows">
        {filter.map((item, at) => {
          const lead = at === 0 ? t`只看` : t`且`;
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity but their place
            <div key={at} data-testid={`filter-row-${at}`}>
              {isAny(item) ? (
                <AnyRows
                  entity={entity}
                  lead={lead}
                  item={item.any}
                  onChange={(any) => change(at, any && { any })}
                />
              ) : (
                <Row entity={entity} lead={lead} item={item} onChange={(next) => change(at, next)} />
              )}
            </div>
          );
        })}
        <div className="line filter-add">
          <Button
            size="small"
            icon={<Plus size={14} />}
            onClick={() => setFilter((now) => [...now, fresh()])}
          >{t`加条件`}</Button>
          <Button
            type="text"
            size="small"
            icon={<Brackets size={14} />}
            onClick={() => setFilter((now) => [...now, { any: [fresh(), fresh()] }])}
          >{t`加一组`}</Button>
        </div>
      </div>
      <div className="filter-foot">
        <p data-testid="filter-sentence">
          {sentence ? t`读作：${sentence}` : t`还没有写完的条件，现在看的是全部`}
        </p>
        <div className="line">
          {onSaveView ? (
            <Button
              size="small"
              icon={<Bookmark size={14} />}
              data-testid="filter-save-view"
              onClick={() => onSaveView(filter)}
            >{t`存为视图`}</Button>
          ) : null}
          <Button type="text" size="small" onClick={() => onApply([])}>{t`清空`}</Button>
          <span className="grow" />
          <Button type="primary" htmlType="submit" data-testid="filter-apply">
            {count?.exact ? t`看 ${found} 条` : t`看这些`}
          </Button>
        </div>
      </div>
    </form>
  );
}

function freshCondition(entity: Entity): Condition {
  const first = entity.fields.find(isFilterable);
  return { field: first?.key ?? "", op: (first ? operatorsOf(first)[0] : undefined) ?? "eq" };
}

interface RowProps<T> {
  entity: Entity;
  lead: string;
  item: T;
  onChange: (next: T | null) => void;
}

/** 任一 … 或 …, in a frame of its own. */
function AnyRows({ entity, lead, item, onChange }: RowProps<Condition[]>) {
  const change = (at: number, next: Condition | null) => {
    const left = next
      ? item.map((one, index) => (index === at ? next : one))
      : item.filter((_, index) => index !== at);
    onChange(left.length ? left : null);
  };
  return (
    <div className="filter-row">
      <span className="filter-lead">{lead}</span>
      <div className="filter-group">
        {item.map((condition, at) => (
          <Row
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity but their place
            key={at}
            entity={entity}
            lead={at === 0 ? t`任一` : t`或`}
            item={condition}
            plain
            onChange={(next) => change(at, next && isCondition(next) ? next : null)}
          />
        ))}
        <Button
          type="text"
          size="small"
          icon={<Plus size={14} />}
          onClick={() => onChange([...item, freshCondition(entity)])}
        >{t`加一条`}</Button>
      </div>
    </div>
  );
}

function Row({ entity, lead, item, plain, onChange }: RowProps<Item> & { plain?: boolean }) {
  const fields = entity.fields.filter(isFilterable);
  const relations = plain ? [] : (entity.relations ?? []);
  const field = isCondition(item) ? fields.find((one) => one.key === item.field) : undefined;
  const choose = (key: string) => {
    if (key.startsWith(RELATED)) return onChange({ relation: key.slice(RELATED.length), has: true });
    const chosen = fields.find((one) => one.key === key);
    if (chosen) onChange({ field: key, op: operatorsOf(chosen)[0] ?? "eq" });
  };
  const drop = (
    <Button
      type="text"
      size="small"
      className="filter-drop"
      aria-label={t`去掉这一行`}
      icon={<X size={14} />}
      onClick={() => onChange(null)}
    />
  );
  if (!isCondition(item) && !isRelated(item))
    return (
      <Line lead={lead} drop={drop}>
        <span className="filter-kept">{itemText(entity, item).value}</span>
      </Line>
    );
  return (
    <Line lead={lead} drop={drop}>
      <Select
        aria-label={t`字段`}
        className="filter-field"
        showSearch={{ optionFilterProp: "label" }}
        popupMatchSelectWidth={false}
        value={isCondition(item) ? item.field : RELATED + item.relation}
        options={[
          { label: t`字段`, options: fields.map((one) => ({ value: one.key, label: textOf(one.label) })) },
          ...(relations.length
            ? [
                {
                  label: t`往来`,
                  options: relations.map((one) => ({ value: RELATED + one.key, label: textOf(one.label) })),
                },
              ]
            : []),
        ]}
        onChange={choose}
      />
      {isRelated(item) ? (
        <RelatedInputs entity={entity} item={item} onChange={onChange} />
      ) : (
        <>
          <Select
            aria-label={t`比较`}
            className="filter-op"
            popupMatchSelectWidth={false}
            value={item.op}
            options={(field ? operatorsOf(field) : [item.op]).map((op) => ({
              value: op,
              label: field ? operatorTextFor(field, op) : op,
            }))}
            onChange={(op) => onChange({ field: item.field, op })}
          />
          {field && needsValue(item.op) ? (
            <div className="filter-value">
              <ValueInput field={field} condition={item} onChange={(value) => onChange({ ...item, value })} />
            </div>
          ) : null}
        </>
      )}
    </Line>
  );
}

function Line({ lead, drop, children }: { lead: string; drop: ReactNode; children: ReactNode }) {
  return (
    <div className="filter-row">
      <span className="filter-lead">{lead}</span>
      <div className="filter-parts">{children}</div>
      {drop}
    </div>
  );
}

/** 订单: 有 / 没有, at any time or within a period. */
function RelatedInputs({
  entity,
  item,
  onChange,
}: {
  entity: Entity;
  item: Related;
  onChange: (next: Item) => void;
}) {
  const catalog = useCatalog();
  const target = entity.relations?.find((one) => one.key === item.relation)?.entity;
  const dates = (catalog?.entities.find((one) => one.key === target)?.fields ?? []).filter((one) =>
    ["date", "datetime"].includes(one.value_type ?? one.type),
  );
  const usual = dates.find((one) => !["created_at", "updated_at"].includes(one.key)) ?? dates[0];
  return (
    <>
      <Select
        aria-label={t`比较`}
        className="filter-op"
        value={item.has}
        options={[
          { value: true, label: t`有` },
          { value: false, label: t`没有` },
        ]}
        onChange={(has) => onChange({ ...item, has })}
      />
      {usual ? (
        <div className="filter-value">
          <Select
            aria-label={t`什么时候`}
            style={{ width: "100%" }}
            value={item.period ? JSON.stringify(item.period) : ""}
            options={[
              { value: "", label: t`任何时候` },
              ...PERIODS.filter((one) => one.period !== "next").map((one) => ({
                value: JSON.stringify(one),
                label: periodText(one),
              })),
            ]}
            onChange={(text: string) =>
              onChange(
                text
                  ? { ...item, date: item.date ?? usual.key, period: JSON.parse(text) }
                  : { relation: item.relation, has: item.has },
              )
            }
          />
        </div>
      ) : null}
    </>
  );
}
