import {
  type BooleanCell,
  GridCellKind,
  type TextCell,
  type Theme,
  type UriCell,
} from "@glideapps/glide-data-grid";
import type { Field, Value } from "@/api/types";
import { editValue, isWritable, showValue, widgetOf } from "@/fields/registry";
import { isEmpty, isMasked } from "@/fields/widget";
import type { Tokens } from "@/ui/tokens";
import { FONT } from "@/ui/tokens";
import type { Row } from "./row-store";

/** A cell carries its field and value along: editors and fill need more than text. */
interface Carried {
  field: Field;
  raw: Value;
}
export type LedgerCell = (TextCell | UriCell | BooleanCell) & Partial<Carried>;

export const carried = (cell: object): Carried | null =>
  "field" in cell && "raw" in cell ? (cell as Carried) : null;

export const isEditable = (field: Field, value: Value): boolean => isWritable(field) && !isMasked(value);

export function loadingCell(): LedgerCell {
  return { kind: GridCellKind.Text, data: "", displayData: "", allowOverlay: false, style: "faded" };
}

/** What the grid draws for a field of a row. `onOpen` is given for the column that opens the record. */
export function cellOf(row: Row, field: Field, onOpen?: (row: Row) => void): LedgerCell {
  const raw = row.values[field.key];
  const widget = widgetOf(field);
  const editable = isEditable(field, raw);
  const shown = showValue(field, raw);
  if (widget.inCell === "toggle")
    return {
      kind: GridCellKind.Boolean,
      data: isEmpty(raw) ? null : raw === true || raw === 1,
      allowOverlay: false,
      readonly: !editable,
      copyData: shown,
      field,
      raw,
    };
  const common = {
    data: editable ? editValue(field, raw) : shown,
    displayData: shown,
    allowOverlay: editable,
    readonly: !editable,
    copyData: shown,
    field,
    raw,
  };
  if (onOpen && shown)
    return {
      ...common,
      kind: GridCellKind.Uri,
      hoverEffect: true,
      onClickUri: (args) => {
        args.preventDefault();
        onOpen(row);
      },
    };
  return { ...common, kind: GridCellKind.Text, contentAlign: widget.align };
}

export function gridTheme(t: Tokens): Partial<Theme> {
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
    fgIconHeader: t.sheet,
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
    baseFontStyle: "13px",
    headerFontStyle: "12px",
    markerFontStyle: "12px",
    editorFontSize: "13px",
    fontFamily: FONT,
  };
}
