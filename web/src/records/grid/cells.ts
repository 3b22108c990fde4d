import {
  type BooleanCell,
  GridCellKind,
  type TextCell,
  type Theme,
  type UriCell,
} from "@glideapps/glide-data-grid";
import { t } from "@lingui/core/macro";
import type { CellNote, Field, Id, Value } from "@/api/types";
import { optionLabel } from "@/fields/options";
import { editValue, isWritable, showValue, widgetOf } from "@/fields/registry";
import { isEmpty, isMasked, isReference, plainText } from "@/fields/widget";
import { currentLocale, textOf } from "@/i18n";
import { formatNumber, shiftPoint } from "@/lib/money";
import { sayDue } from "@/ui/days";
import { fontOf, type Sizes, type Tokens } from "@/ui/tokens";
import type { Look } from "./draw";
import type { Row } from "./row-store";

/** A cell carries its record, field and value along: editors and fill need more than text. */
interface Carried {
  id: Id;
  revision: number;
  field: Field;
  raw: Value;
  look?: Look;
  /** An editor made this cell: it belongs to its record, wherever that row stands by now. */
  edited?: true;
}
export type LedgerCell = (TextCell | UriCell | BooleanCell) & Partial<Carried>;

export const carried = (cell: object): Carried | null =>
  "field" in cell && "raw" in cell ? (cell as Carried) : null;

export const isEditable = (field: Field, value: Value): boolean => isWritable(field) && !isMasked(value);

export function loadingCell(): LedgerCell {
  return { kind: GridCellKind.Text, data: "", displayData: "", allowOverlay: false, style: "faded" };
}

/** Sums that the ledger itself adds up are told in 万元, in English in whole CNY, with the unit in the header; what was
 * typed stays exact. */
export const isOverview = (field: Field): boolean => field.type === "rollup" && field.value_type === "money";

/** The head of a column, with its unit. */
export const columnTitle = (field: Field): string =>
  isOverview(field) ? t`${textOf(field.label)} 万元` : textOf(field.label);

/** A sum in the unit of its column: 864000.00 → 86.40 for 万元, 864,000.00 for CNY. */
export const overviewText = (value: Value): string => rounded(value, currentLocale() === "en" ? 0 : 4);

/** A sum with its unit, where no header tells it. */
export const overviewAmount = (value: Value): string => t`${overviewText(value)} 万元`;

function rounded(value: Value, places: number): string {
  const shifted = shiftPoint(plainText(value), -places);
  const [whole = "", fraction = ""] = shifted.split(".");
  // Rounded in whole hundredths of the unit: the text may hold more digits than a float.
  const cents = BigInt(`${whole.replace("-", "")}${fraction.slice(0, 2).padEnd(2, "0")}`);
  const up = (fraction[2] ?? "0") >= "5" ? 1n : 0n;
  const digits = String(cents + up).padStart(3, "0");
  const sign = whole.startsWith("-") ? "-" : "";
  return formatNumber(`${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`);
}

const DEADLINES = new Set(["next_follow_up", "due_at", "due_on", "next_contract_end", "next_at"]);

/** The value of a cell in words. */
export function cellText(field: Field, value: Value): string {
  return isEmpty(value) ? "" : shownText(field, value);
}

function lookOf(field: Field, value: Value): Look | undefined {
  if (isEmpty(value)) return undefined;
  const type = field.value_type ?? field.type;
  if (type === "select" && field.key === "grade")
    return { kind: "grade", key: plainText(value), text: optionLabel(field, value) };
  if (type === "select" && field.key === "stage")
    return { kind: "stage", key: plainText(value), text: optionLabel(field, value) };
  if ((type === "tags" || type === "multi_select") && Array.isArray(value))
    return { kind: "tags", tags: tagsOf(field, value as Value[]) };
  if (type === "user" && isReference(value)) return { kind: "person", text: value.label };
  if (DEADLINES.has(field.key) && (type === "date" || type === "datetime")) {
    const due = sayDue(plainText(value));
    if (due.late) return { kind: "late", text: due.text };
  }
  return undefined;
}

/** What is normal needs no flag. */
function tagsOf(field: Field, values: Value[]): { text: string; flag?: string }[] {
  const all = values.map((value) => ({
    text: optionLabel(field, value),
    ...(field.key === "flags" ? { flag: plainText(value) } : {}),
  }));
  return all.filter(({ flag }) => flag !== "normal");
}

function shownText(field: Field, value: Value): string {
  if (isOverview(field) && !isEmpty(value)) return overviewText(value);
  const type = field.value_type ?? field.type;
  if (DEADLINES.has(field.key) && !isEmpty(value) && (type === "date" || type === "datetime"))
    return sayDue(plainText(value)).text;
  return showValue(field, value);
}

/** What the grid draws for a field of a row. `onOpen` is given for the column that opens the record. */
export function cellOf(
  row: Row,
  field: Field,
  note?: CellNote,
  onOpen?: (row: Row, aside: boolean) => void,
): LedgerCell {
  const raw = row.values[field.key];
  const widget = widgetOf(field);
  const editable = isEditable(field, raw);
  const own = { id: row.id, revision: row.revision, field, raw };
  if (widget.inCell === "toggle")
    return {
      kind: GridCellKind.Boolean,
      data: isEmpty(raw) ? null : raw === true || raw === 1,
      allowOverlay: false,
      readonly: !editable,
      copyData: showValue(field, raw),
      ...own,
    };
  const faulty = note?.text && isEmpty(raw) ? note.text : null;
  const shown = faulty ?? shownText(field, raw);
  const look: Look | undefined = faulty ? { kind: "fault", text: faulty } : lookOf(field, raw);
  const common = {
    data: editable ? (faulty ?? editValue(field, raw)) : shown,
    displayData: shown,
    allowOverlay: editable,
    readonly: !editable,
    copyData: showValue(field, raw),
    look,
    ...own,
  };
  if (onOpen && shown)
    return {
      ...common,
      kind: GridCellKind.Uri,
      hoverEffect: true,
      onClickUri: (args) => {
        args.preventDefault();
        onOpen(row, !(args.ctrlKey || args.metaKey));
      },
    };
  return { ...common, kind: GridCellKind.Text, contentAlign: widget.align };
}

export function gridTheme(t: Tokens, sizes: Sizes): Partial<Theme> {
  return {
    accentColor: t.acc,
    accentFg: "#ffffff",
    accentLight: t.accS,
    textDark: t.ink1,
    textMedium: t.ink2,
    textLight: t.ink3,
    textHeader: t.ink2,
    textHeaderSelected: t.ink1,
    bgCell: t.sheet,
    bgCellMedium: t.sheet2,
    bgHeader: t.sheet2,
    bgHeaderHovered: t.press,
    bgHeaderHasFocus: t.press,
    bgIconHeader: t.ink3,
    fgIconHeader: t.ink3,
    borderColor: t.line,
    horizontalBorderColor: t.line,
    headerBottomBorderColor: t.line2,
    drilldownBorder: t.line2,
    linkColor: t.ink1,
    bgBubble: t.slaS,
    bgBubbleSelected: t.slaS,
    textBubble: t.slaT,
    bgSearchResult: t.ambS,
    cellHorizontalPadding: 10,
    cellVerticalPadding: 7,
    baseFontStyle: `${sizes.gridFont}px`,
    headerFontStyle: "12px",
    markerFontStyle: "12px",
    editorFontSize: `${sizes.gridFont}px`,
    fontFamily: fontOf(currentLocale()),
  };
}
