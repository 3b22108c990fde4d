import { t } from "@lingui/core/macro";
import { Button, Select } from "antd";
import { Plus, X } from "lucide-react";
import { useState } from "react";
import type { Condition, Entity } from "@/api/types";
import { textOf } from "@/i18n";
import { type Filter, isFilterable, type Join, needsValue, operatorsOf, operatorTextFor } from "./conditions";
import { ValueInput } from "./value-input";

/** The builder: one row per condition, joined by 且 or 或. */
export function FilterPanel({
  entity,
  start,
  onApply,
}: {
  entity: Entity;
  start: Filter;
  onApply: (filter: Filter) => void;
}) {
  const fields = entity.fields.filter(isFilterable);
  const first = fields[0];
  const fresh = (): Condition => ({
    field: first?.key ?? "",
    op: (first ? operatorsOf(first)[0] : undefined) ?? "eq",
  });
  const [filter, setFilter] = useState<Filter>(
    start.conditions.length ? start : { ...start, conditions: [fresh()] },
  );
  const change = (at: number, next: Condition) =>
    setFilter((now) => ({
      ...now,
      conditions: now.conditions.map((item, index) => (index === at ? next : item)),
    }));
  return (
    <form
      className="filter-panel stack"
      data-testid="filter-panel"
      onSubmit={(event) => {
        event.preventDefault();
        onApply(filter);
      }}
    >
      {filter.conditions.length > 1 ? (
        <Select
          aria-label={t`条件怎么连`}
          value={filter.join}
          onChange={(join: Join) => setFilter((now) => ({ ...now, join }))}
          options={[
            { value: "and", label: t`全部符合（且）` },
            { value: "or", label: t`符合任一（或）` },
          ]}
        />
      ) : null}
      {filter.conditions.map((condition, at) => {
        const field = fields.find((item) => item.key === condition.field) ?? first;
        if (!field) return null;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity but their place
          <div key={at} className="filter-row" data-testid={`filter-row-${at}`}>
            <Select
              aria-label={t`字段`}
              showSearch={{ optionFilterProp: "label" }}
              value={field.key}
              options={fields.map((item) => ({ value: item.key, label: textOf(item.label) }))}
              onChange={(key: string) => {
                const chosen = fields.find((item) => item.key === key);
                if (chosen) change(at, { field: key, op: operatorsOf(chosen)[0] ?? "eq" });
              }}
            />
            <Select
              aria-label={t`比较`}
              value={condition.op}
              options={operatorsOf(field).map((op) => ({ value: op, label: operatorTextFor(field, op) }))}
              onChange={(op) => change(at, { field: field.key, op })}
            />
            {needsValue(condition.op) ? (
              <ValueInput
                field={field}
                condition={condition}
                onChange={(value) => change(at, { ...condition, value })}
              />
            ) : (
              <span />
            )}
            <Button
              type="text"
              aria-label={t`去掉这一行`}
              icon={<X size={14} />}
              onClick={() =>
                setFilter((now) => ({
                  ...now,
                  conditions: now.conditions.filter((_, index) => index !== at),
                }))
              }
            />
          </div>
        );
      })}
      <div className="line">
        <Button
          type="text"
          icon={<Plus size={14} />}
          onClick={() => setFilter((now) => ({ ...now, conditions: [...now.conditions, fresh()] }))}
        >{t`加一条`}</Button>
        <span className="grow" />
        <Button onClick={() => onApply({ join: "and", conditions: [] })}>{t`清空`}</Button>
        <Button type="primary" htmlType="submit" data-testid="filter-apply">{t`筛选`}</Button>
      </div>
    </form>
  );
}
