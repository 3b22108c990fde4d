import type { GridSelection } from "@glideapps/glide-data-grid";
import { plural, t } from "@lingui/core/macro";
import { memo, type ReactNode, type Ref, useCallback, useImperativeHandle, useRef } from "react";
import type { Field, Value } from "@/api/types";
import { widgetOf } from "@/fields/registry";
import { isEmpty, plainText } from "@/fields/widget";
import { textOf } from "@/i18n";
import { formatNumber } from "@/lib/money";
import { DropMenu } from "@/ui/drop-menu";
import { isOverview, overviewText } from "../grid/cells";
import { columnWidth, MARKER_WIDTH } from "../grid/grid";
import { rangeOf } from "../grid/ranges";
import type { Rows } from "../grid/rows";
import type { SumOp } from "./params";
import { sumName } from "./sum-names";
import { isSummable, sumsOf } from "./use-groups";

/** A figure in the manner of its column. */
function figureText(field: Field, op: SumOp, value: Value): string {
  if (isEmpty(value)) return "–";
  if (op === "filled" || op === "empty" || op === "distinct") return formatNumber(plainText(value));
  return isOverview(field) ? overviewText(value) : widgetOf(field).text(value, field);
}

export interface SummaryHandle {
  scrollTo: (left: number) => void;
}

interface Props {
  ref?: Ref<SummaryHandle>;
  fields: Field[];
  widths: Record<string, number>;
  freeze: number;
  titleField: string;
  sums: Record<string, SumOp>;
  values: Record<string, Value> | undefined;
  /** How many rows there are, and the way to a far one. */
  lead: ReactNode;
  /** Figures of the selected cells. */
  picked: string | null;
  onSum: (field: Field, op: SumOp | null) => void;
}

/** Room for how many rows there are, and for the way to one of them. */
const LEAD_WIDTH = 240;

/** One figure per column below the grid; it moves with the columns. */
export function SummaryRow(props: Props) {
  const { fields, widths, freeze, titleField, sums, values, lead, picked } = props;
  const moving = useRef<HTMLDivElement>(null);
  useImperativeHandle(props.ref, () => ({
    scrollTo: (left) => {
      if (moving.current) moving.current.style.transform = `translateX(${-left}px)`;
    },
  }));
  const width = (field: Field) => columnWidth(field, widths, titleField);
  // The lead takes the place of the first frozen columns; where they are narrower, it lies over those that scroll.
  let beside = MARKER_WIDTH;
  let covered = 0;
  for (const field of fields.slice(0, freeze)) {
    if (beside >= LEAD_WIDTH) break;
    beside += width(field);
    covered += 1;
  }
  const overlap = Math.max(0, LEAD_WIDTH - beside);
  const latest = useRef(props.onSum);
  latest.current = props.onSum;
  const onSum = useCallback((field: Field, op: SumOp | null) => latest.current(field, op), []);
  const cell = (field: Field) => (
    <SumCell
      key={field.key}
      field={field}
      width={width(field)}
      op={sums[field.key]}
      value={values?.[field.key]}
      onSum={onSum}
    />
  );
  return (
    <div className="summary-row" data-testid="summary-row">
      <div className="summary-lead" style={{ width: beside + overlap }}>
        {lead}
      </div>
      {fields.slice(covered, freeze).map(cell)}
      <div className="summary-cells">
        <div ref={moving} className="summary-moving" style={{ marginLeft: -overlap }}>
          {fields.slice(freeze).map(cell)}
        </div>
      </div>
      {picked ? (
        <div className="summary-picked" role="status" data-testid="picked-figures">
          {picked}
        </div>
      ) : null}
    </div>
  );
}

/** With its menu; not drawn anew with every page of rows that comes. */
const SumCell = memo(function SumCell({
  field,
  width,
  op,
  value,
  onSum,
}: {
  field: Field;
  width: number;
  op: SumOp | undefined;
  value: Value;
  onSum: (field: Field, op: SumOp | null) => void;
}) {
  const label = textOf(field.label);
  return (
    <DropMenu
      trigger={["click"]}
      menu={{
        selectable: true,
        selectedKeys: op ? [op] : [],
        items: [
          ...sumsOf(field).map((one) => ({ key: one as string, label: sumName(one) })),
          { key: "none", label: t`不算` },
        ],
        onClick: ({ key }) => onSum(field, key === "none" ? null : (key as SumOp)),
      }}
    >
      <button
        type="button"
        className={`sum-cell${widgetOf(field).align === "right" ? " right" : ""}${op ? "" : " unset"}`}
        style={{ width }}
        aria-label={t`${label} 的底部汇总`}
        data-testid={`sum-${field.key}`}
      >
        {op ? (
          <>
            <span className="quiet">{sumName(op)}</span>{" "}
            {value === undefined ? "…" : figureText(field, op, value)}
          </>
        ) : (
          <span className="quiet">{t`汇总`}</span>
        )}
      </button>
    </DropMenu>
  );
});

/** Count, sum and average of the selected cells, added up as decimal text; null while one cell is selected. */
export function pickedFigures(selection: GridSelection, rows: Rows, fields: Field[]): string | null {
  const range = rangeOf(selection);
  if (!range || range.width * range.height < 2) return null;
  let count = 0;
  let cents = 0n;
  for (let line = range.y; line < range.y + range.height; line++) {
    const row = rows.at(line);
    if (!row) continue;
    for (const field of fields.slice(range.x, range.x + range.width)) {
      const match = isSummable(field)
        ? /^(-?)(\d+)(?:\.(\d*))?$/.exec(plainText(row.values[field.key]))
        : null;
      if (!match) continue;
      const [, sign, whole = "0", fraction = ""] = match;
      const amount = BigInt(whole) * 10_000n + BigInt(fraction.slice(0, 4).padEnd(4, "0"));
      cents += sign ? -amount : amount;
      count += 1;
    }
  }
  const cells = range.width * range.height;
  const chosen = plural(cells, { other: "选了 # 格" });
  if (count === 0) return chosen;
  return t`${chosen} · 合计 ${decimal(cents)} · 平均 ${decimal(cents / BigInt(count))}`;
}

/** Ten-thousandths as a number with two decimals. */
function decimal(tenThousandths: bigint): string {
  const negative = tenThousandths < 0n;
  const rounded = ((negative ? -tenThousandths : tenThousandths) + 50n) / 100n;
  const digits = String(rounded).padStart(3, "0");
  return formatNumber(`${negative && rounded > 0n ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`);
}
