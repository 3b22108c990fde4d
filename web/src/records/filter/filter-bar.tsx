import { plural, t } from "@lingui/core/macro";
import { Button } from "antd";
import { Plus, X } from "lucide-react";
import { Suspense } from "react";
import type { Entity, Field, Where } from "@/api/types";
import { DropPanel } from "@/ui/drop-panel";
import { Panel } from "@/ui/focus";
import { late } from "@/ui/late";
import { itemText, toFilter, toWhere, withField } from "./conditions";
import { useNames } from "./names";
import "./filter.css";

const FilterPanel = late(() => import("./filter-panel").then((part) => part.FilterPanel));

// Where the window ends the panel moves aside; turned to the other side it would cover the side bar.
const MOVED = { overflow: { adjustX: false, adjustY: true, shiftX: 8 } };

interface Props {
  entity: Entity;
  where: Where | undefined;
  search: string | undefined;
  onChange: (where: Where | undefined) => void;
  onSaveView?: (where: Where | undefined) => void;
  /** The builder is open, perhaps for a condition about one field. */
  open: Building | null;
  onOpen: (open: Building | null) => void;
}
export interface Building {
  field?: Field;
}

const SHOWN = 4;

/** 只看 [负责人 是我] 且 […]: the conditions in force as a sentence of chips, and the builder behind a button. */
export function FilterBar({ entity, where, search, onChange, onSaveView, open, onOpen }: Props) {
  useNames(entity, where);
  const filter = toFilter(where);
  const start = open?.field ? withField(filter, open.field) : filter;
  const shown = filter.slice(0, SHOWN);
  const more = filter.length - shown.length;
  return (
    <div className="sentence" data-testid="filter-bar">
      {filter.length > 0 ? <span className="quiet">{t`只看`}</span> : null}
      {shown.map((item, at) => {
        const { about, value } = itemText(entity, item);
        return (
          <span key={JSON.stringify(item)} className="sentence-part">
            {at > 0 ? <span className="quiet">{t`且`}</span> : null}
            <span className="chip" data-testid="filter-chip">
              <button
                type="button"
                className="chip-text"
                title={`${about} ${value}`}
                onClick={() => onOpen({})}
              >
                {about} <b>{value}</b>
              </button>
              <button
                type="button"
                className="chip-drop"
                aria-label={t`去掉条件：${about} ${value}`}
                onClick={() => onChange(toWhere(filter.filter((_, index) => index !== at)))}
              >
                <X size={12} />
              </button>
            </span>
          </span>
        );
      })}
      {more > 0 ? (
        <button type="button" className="link-button" onClick={() => onOpen({})}>
          {plural(more, { other: "还有 # 个条件" })}
        </button>
      ) : null}
      <DropPanel
        open={open !== null}
        onOpenChange={(isOpen) => onOpen(isOpen ? {} : null)}
        placement="bottomLeft"
        align={MOVED}
        styles={{ root: { paddingInlineEnd: 8 } }}
        content={
          <Suspense>
            <Panel>
              <FilterPanel
                entity={entity}
                start={start}
                search={search}
                onApply={(next) => {
                  onChange(toWhere(next));
                  onOpen(null);
                }}
                onSaveView={
                  onSaveView
                    ? (next) => {
                        onOpen(null);
                        onSaveView(toWhere(next));
                      }
                    : undefined
                }
              />
            </Panel>
          </Suspense>
        }
      >
        <Button type="text" size="small" icon={<Plus size={14} />} data-testid="filter-button">
          {t`条件`}
        </Button>
      </DropPanel>
    </div>
  );
}
