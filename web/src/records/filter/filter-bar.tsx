import { t } from "@lingui/core/macro";
import { Button, Popover } from "antd";
import { ListFilter, X } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import type { Entity, Where } from "@/api/types";
import { conditionText, toFilter, toWhere } from "./conditions";
import "./filter.css";

const FilterPanel = lazy(() => import("./filter-panel").then((part) => ({ default: part.FilterPanel })));

interface Props {
  entity: Entity;
  where: Where | undefined;
  onChange: (where: Where | undefined) => void;
}

/** The conditions in force as chips, and the builder behind a button. */
export function FilterBar({ entity, where, onChange }: Props) {
  const [open, setOpen] = useState(false);
  const filter = toFilter(where);
  const fieldOf = (key: string) => entity.fields.find((field) => field.key === key);
  const drop = (at: number) =>
    filter &&
    onChange(toWhere({ ...filter, conditions: filter.conditions.filter((_, index) => index !== at) }));
  return (
    <div className="line" data-testid="filter-bar">
      {filter?.conditions.map((condition, at) => {
        const field = fieldOf(condition.field);
        const text = field ? conditionText(field, condition) : condition.field;
        return (
          <span key={JSON.stringify(condition)} className="chip" data-testid="filter-chip">
            {at > 0 ? <i>{filter.join === "and" ? t`且` : t`或`}</i> : null}
            {text}
            <button type="button" aria-label={t`去掉条件：${text}`} onClick={() => drop(at)}>
              <X size={12} />
            </button>
          </span>
        );
      })}
      {filter === null ? (
        <span className="chip">
          {t`组合条件`}
          <button type="button" aria-label={t`去掉组合条件`} onClick={() => onChange(undefined)}>
            <X size={12} />
          </button>
        </span>
      ) : null}
      <Popover
        open={open}
        onOpenChange={setOpen}
        trigger="click"
        placement="bottomLeft"
        destroyOnHidden
        content={
          <Suspense>
            <FilterPanel
              entity={entity}
              start={filter ?? { join: "and", conditions: [] }}
              onApply={(next) => {
                onChange(toWhere(next));
                setOpen(false);
              }}
            />
          </Suspense>
        }
      >
        <Button type="text" icon={<ListFilter size={14} />} data-testid="filter-button">{t`条件`}</Button>
      </Popover>
    </div>
  );
}
