import { t } from "@lingui/core/macro";
import { Popover } from "antd";
import {
  ArrowDownAZ,
  ArrowUpAZ,
  Check,
  EyeOff,
  FoldHorizontal,
  type LucideIcon,
  MoveLeft,
  MoveRight,
  Rows3,
  Sigma,
  Snowflake,
  UnfoldHorizontal,
} from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import type { Condition, Field, Sort, Where } from "@/api/types";
import { optionChoices } from "@/fields/options";
import { textOf } from "@/i18n";
import { type Filter, isCondition, isFilterable, toFilter, toWhere } from "../filter/conditions";
import type { ColumnBox } from "../grid/grid";
import type { SumOp } from "./params";
import { sumName } from "./sum-names";
import { isGroupable, sumsOf } from "./use-groups";

interface Props {
  field: Field;
  box: ColumnBox;
  sort: Sort[];
  where: Where | undefined;
  group: Field | undefined;
  frozen: boolean;
  sum: SumOp | undefined;
  onSort: (sort: Sort[]) => void;
  onWhere: (where: Where | undefined) => void;
  /** Opens the builder for a condition about this field. */
  onBuild: () => void;
  onGroup: (key: string) => void;
  onFreeze: () => void;
  onHide: () => void;
  onMove: (step: number) => void;
  /** Makes the column wider by so many pixels, or narrower. */
  onWiden: (by: number) => void;
  onSum: (op: SumOp | null) => void;
  onClose: () => void;
}

const MOST_QUICK = 8;
const WIDER = 20;

/** What can be done with a column: order, group, quick conditions, freeze, move, hide, a figure below. */
export function HeaderMenu(props: Props) {
  const { field, box, onClose } = props;
  return (
    <Popover
      open
      onOpenChange={(open) => !open && onClose()}
      trigger="click"
      placement="bottomLeft"
      arrow={false}
      content={<Menu {...props} />}
    >
      <span
        className="menu-anchor"
        data-testid={`menu-anchor-${field.key}`}
        style={{ left: box.x, top: box.y, width: box.width, height: box.height }}
      />
    </Popover>
  );
}

function Menu(props: Props) {
  const { field, sort, where, group, frozen, sum, onClose } = props;
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => list.current?.querySelector("button")?.focus(), []);
  const order = sort.find((item) => item.field === field.key)?.order;
  const [up, down] = orderNames(field);
  const then = (work: () => void) => () => {
    work();
    onClose();
  };
  const sortBy = (next: Sort["order"]) =>
    then(() =>
      props.onSort(
        order === next
          ? sort.filter((item) => item.field !== field.key)
          : [{ field: field.key, order: next }],
      ),
    );
  const quick = quickConditions(field);
  const filter = toFilter(where);
  const mine = filter.filter((item) => isCondition(item) && item.field === field.key);
  const others: Filter = filter.filter((item) => !mine.includes(item));
  return (
    <div
      ref={list}
      role="menu"
      tabIndex={-1}
      className="column-menu"
      aria-label={textOf(field.label)}
      data-testid="header-menu"
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
        const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
        if (!step) return;
        event.preventDefault();
        const items = [...(list.current?.querySelectorAll("button") ?? [])];
        const at = items.indexOf(document.activeElement as HTMLButtonElement);
        items[(at + step + items.length) % items.length]?.focus();
      }}
    >
      {field.sortable !== false ? (
        <>
          <Entry icon={ArrowUpAZ} on={order === "asc"} onPick={sortBy("asc")}>
            {up}
          </Entry>
          <Entry icon={ArrowDownAZ} on={order === "desc"} onPick={sortBy("desc")}>
            {down}
          </Entry>
        </>
      ) : null}
      {isGroupable(field) ? (
        <Entry
          icon={Rows3}
          on={group?.key === field.key}
          onPick={then(() => props.onGroup(group?.key === field.key ? "" : field.key))}
        >{t`按这一列分组`}</Entry>
      ) : null}
      {isFilterable(field) ? (
        <div className="menu-quick">
          <span className="quiet small">{t`只看`}</span>
          <div className="line">
            {quick.map(({ label, condition }) => {
              const on = mine.some((item) => JSON.stringify(item) === JSON.stringify(condition));
              return (
                <button
                  key={label}
                  type="button"
                  className="quick"
                  aria-pressed={on}
                  onClick={then(() => props.onWhere(toWhere(on ? others : [...others, condition])))}
                >
                  {label}
                </button>
              );
            })}
            {mine.length > 0 ? (
              <button
                type="button"
                className="quick"
                onClick={then(() => props.onWhere(toWhere(others)))}
              >{t`全部`}</button>
            ) : null}
            <button
              type="button"
              className="quick"
              data-testid="quick-build"
              onClick={then(props.onBuild)}
            >{t`条件…`}</button>
          </div>
        </div>
      ) : null}
      <hr />
      <Entry icon={Snowflake} on={frozen} onPick={then(props.onFreeze)}>
        {frozen ? t`不再冻结` : t`冻结到这一列`}
      </Entry>
      <Entry icon={MoveLeft} onPick={() => props.onMove(-1)}>{t`往左移`}</Entry>
      <Entry icon={MoveRight} onPick={() => props.onMove(1)}>{t`往右移`}</Entry>
      <Entry icon={UnfoldHorizontal} onPick={() => props.onWiden(WIDER)}>{t`变宽`}</Entry>
      <Entry icon={FoldHorizontal} onPick={() => props.onWiden(-WIDER)}>{t`变窄`}</Entry>
      <Entry icon={EyeOff} onPick={then(props.onHide)}>{t`隐藏这一列`}</Entry>
      <hr />
      <div className="menu-quick">
        <span className="quiet small">
          <Sigma size={14} aria-hidden /> {t`底部汇总`}
        </span>
        <div className="line">
          {sumsOf(field).map((op) => (
            <button
              key={op}
              type="button"
              className="quick"
              aria-pressed={sum === op}
              onClick={then(() => props.onSum(sum === op ? null : op))}
            >
              {sumName(op)}
            </button>
          ))}
        </div>
      </div>
    </div>
  );
}

function Entry({
  icon: Icon,
  on,
  onPick,
  children,
}: {
  icon: LucideIcon;
  on?: boolean;
  onPick: () => void;
  children: ReactNode;
}) {
  return (
    <button type="button" role="menuitem" className="menu-entry" onClick={onPick}>
      <Icon size={16} strokeWidth={1.75} aria-hidden />
      <span className="grow">{children}</span>
      {on ? <Check size={14} aria-label={t`已选`} /> : null}
    </button>
  );
}

const typeOf = (field: Field): string => field.value_type ?? field.type;

function orderNames(field: Field): [string, string] {
  const type = typeOf(field);
  if (["date", "datetime", "birthday"].includes(type)) return [t`从早到晚`, t`从晚到早`];
  if (["money", "integer", "number", "percent", "rating"].includes(type)) return [t`从小到大`, t`从大到小`];
  return [t`从 A 到 Z`, t`从 Z 到 A`];
}

interface Quick {
  label: string;
  condition: Condition;
}

/** Conditions that one asks for most, one press away. */
export function quickConditions(field: Field): Quick[] {
  const type = typeOf(field);
  const known = field.operators;
  const one = (label: string, op: Condition["op"], value?: Condition["value"]): Quick => ({
    label,
    condition: value === undefined ? { field: field.key, op } : { field: field.key, op, value },
  });
  const found: Quick[] = [];
  if (["date", "datetime"].includes(type))
    found.push(
      one(t`今天`, "within", { period: "this", unit: "day", n: 1 }),
      one(t`本周`, "within", { period: "this", unit: "week", n: 1 }),
      one(t`本月`, "within", { period: "this", unit: "month", n: 1 }),
      one(t`过去 30 天`, "within", { period: "last", unit: "day", n: 30 }),
    );
  if (type === "select")
    for (const { value, label } of optionChoices(field).slice(0, MOST_QUICK))
      found.push(one(label, "in", [value]));
  if (["tags", "multi_select"].includes(type))
    for (const { value, label } of optionChoices(field).slice(0, MOST_QUICK))
      found.push(one(label, "any_of", [value]));
  if (type === "user") found.push(one(t`我`, "is_me"));
  if (type === "boolean") found.push(one(t`是`, "eq", true), one(t`否`, "eq", false));
  found.push(one(t`没填`, "empty"));
  return found.filter(({ condition }) => !known || known.includes(condition.op));
}
