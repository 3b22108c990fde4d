import {
  booleanCellRenderer,
  DataEditorCore,
  type DataEditorCoreProps,
  type DataEditorRef,
  type DrawCellCallback,
  type EditListItem,
  type GridCell,
  GridCellKind,
  type GridColumn,
  type GridSelection,
  ImageWindowLoaderImpl,
  type Item,
  markerCellRenderer,
  newRowCellRenderer,
  type ProvideEditorCallback,
  type Rectangle,
  textCellRenderer,
  uriCellRenderer,
} from "@glideapps/glide-data-grid";
import "@glideapps/glide-data-grid/dist/index.css";
import { t } from "@lingui/core/macro";
import { type Ref, useCallback, useEffect, useImperativeHandle, useMemo, useRef, useState } from "react";
import type { Crowd } from "@/api/events";
import type { CellNote, Field, Sort } from "@/api/types";
import { widgetOf } from "@/fields/registry";
import { isEmpty } from "@/fields/widget";
import { formatNumber } from "@/lib/money";
import { focusSoon } from "@/ui/focus";
import { useLook } from "@/ui/theme";
import { around } from "../crowd";
import { type NamedRule, ruleOf } from "../list/rules";
import { InputEditor, TextEditor } from "./cell-editor";
import { carried, cellOf, columnTitle, gridTheme, isOverview, loadingCell, overviewText } from "./cells";
import { drawAround, drawChevron, drawGroup, drawLook, drawParts, shortIn } from "./draw";
import { applyEdits, type CellEdit, type Content } from "./edit";
import { headerIcon, headerSprites } from "./header-icons";
import type { ImeProxy } from "./ime-proxy";
import { editOf, filled, rangeOf } from "./ranges";
import type { Row } from "./row-store";
import type { RowGroup, Rows } from "./rows";
import { NOTHING } from "./selection";
import { useHeaderDrag } from "./use-header-drag";
import { useImeProxy } from "./use-ime-proxy";
import "./grid.css";

const images = new ImageWindowLoaderImpl();
const COPY_AHEAD = 2_000;
/** Below the last row there are no rows: the sheet is blank. */
const BELOW = { horizontalBorderColor: "transparent" };
export const MARKER_WIDTH = 56;

export interface GridHandle {
  jumpTo: (line: number) => void;
  focus: () => void;
}

export interface ColumnBox {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface GridProps {
  ref?: Ref<GridHandle>;
  rows: Rows;
  /** Grows with every change of the rows. */
  version: number;
  fields: Field[];
  widths: Record<string, number>;
  freeze: number;
  sort: Sort[];
  titleField: string;
  /** The field by which rows are grouped. */
  groupField: Field | undefined;
  /** The rules that mark rows, with a colour and in words. */
  rules: NamedRule[];
  /** Which records others have open right now. */
  crowd: Crowd;
  selection: GridSelection;
  mayCreate: boolean;
  onSelection: (selection: GridSelection) => void;
  onSort: (field: Field, add: boolean) => void;
  onColumnMenu: (field: Field, box: ColumnBox) => void;
  /** A column is being dragged wider or narrower: not kept yet; null: it goes back to what it was. */
  onSizing: (field: Field, width: number | null) => void;
  onWidth: (field: Field, width: number) => void;
  onMove: (from: number, to: number) => void;
  onFold: (group: RowGroup) => void;
  /** Opens a record, at the side or as a page of its own. */
  onOpen: (row: Row, aside: boolean) => void;
  onDeleteRows: () => void;
  /** Where the columns stand, so that what belongs to them can follow. */
  onScroll?: (left: number) => void;
  onTop?: (line: number) => void;
  /** How wide the sheet is. */
  onRoom: (width: number) => void;
  /** Room to scroll on below the last row, in pixels: something lies over it. */
  roomBelow: number;
  startAt?: number;
}

/** Marks, and a unit in the head, need room beside the text. */
const extraWidth = (field: Field, titleField: string): number => {
  if (field.key === titleField) return 60;
  return field.key === "grade" || isOverview(field) ? 30 : 0;
};

export const columnWidth = (field: Field, widths: Record<string, number>, titleField: string): number =>
  widths[field.key] ?? widgetOf(field).width + extraWidth(field, titleField);

/** So much stays for the columns that scroll, however many are frozen. */
const LEAST_SCROLLED = 240;

/** How many of the frozen columns fit into the sheet so that the others can still be seen. */
export function frozenIn(
  room: number,
  fields: Field[],
  freeze: number,
  widths: Record<string, number>,
  titleField: string,
): number {
  let left = room - MARKER_WIDTH - LEAST_SCROLLED;
  const over = fields.findIndex((field) => {
    left -= columnWidth(field, widths, titleField);
    return left < 0;
  });
  return Math.min(freeze, over < 0 ? fields.length : over);
}

export function LedgerGrid(props: GridProps) {
  const { rows, version, fields, selection, onOpen, titleField, rules, groupField, crowd } = props;
  const { store } = rows;
  const { tokens, sizes } = useLook();
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<DataEditorRef>(null);
  const proxy = useRef<ImeProxy | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const seen = useRef<[number, number]>([0, 0]);
  const jumping = useRef<number | null>(null);
  const [height, setHeight] = useState(0);

  const columns = useMemo<GridColumn[]>(
    () =>
      fields.map((field) => {
        const at = props.sort.findIndex((item) => item.field === field.key);
        const order = props.sort[at]?.order;
        const number = props.sort.length > 1 && order ? String(at + 1) : "";
        return {
          id: field.key,
          title: `${columnTitle(field)}${order ? ` ${order === "asc" ? "↑" : "↓"}${number}` : ""}`,
          width: columnWidth(field, props.widths, titleField),
          icon: headerIcon(field),
          hasMenu: true,
        };
      }),
    [fields, props.sort, props.widths, titleField],
  );

  // The version stands for everything inside the rows.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new version must redraw the cells
  const getCellContent = useCallback(
    ([column, line]: Item): GridCell => {
      const field = fields[column];
      if (!field) return loadingCell();
      const group = rows.group(line);
      if (group) return groupCell(group, field, column);
      const row = rows.at(line);
      if (!row) return loadingCell();
      const note = store.notes.get(row.id)?.get(field.key);
      const cell = cellOf(row, field, note, field.key === titleField ? onOpen : undefined);
      const mark = column === 0 ? store.marks.get(row.id) : undefined;
      const family = mark === undefined ? undefined : rules[mark]?.family;
      return family ? { ...cell, themeOverride: { bgCell: tokens[`${family}S`] } } : cell;
    },
    [rows, version, fields, titleField, onOpen, rules, tokens],
  );

  const renderers = useMemo(() => {
    const marker: typeof markerCellRenderer = {
      ...markerCellRenderer,
      draw: (args, cell) => {
        const { ctx, rect } = args;
        const { rows: lines } = latest.current;
        const group = lines.group(args.row);
        if (group) {
          drawChevron(
            ctx,
            lines.isFolded(group),
            rect.x + rect.width / 2 - 8,
            rect.y + rect.height / 2 - 8,
            tokens.ink2,
          );
          return;
        }
        const row = lines.at(args.row);
        const mark = row && lines.store.marks.get(row.id);
        const family = mark === undefined ? undefined : latest.current.rules[mark]?.family;
        if (family && mark !== undefined) {
          ctx.fillStyle = tokens[`${family}S`];
          ctx.fillRect(rect.x, rect.y + 1, rect.width, rect.height - 1);
          ctx.fillStyle = tokens[family];
          drawParts(ctx, rect.x, rect.y + 1, rect.height - 1, mark + 1);
        }
        const numbered = { ...cell, row: (lines.index(args.row) ?? 0) + 1 };
        markerCellRenderer.draw({ ...args, cell: numbered }, numbered);
      },
    };
    const text: typeof textCellRenderer = {
      ...textCellRenderer,
      draw: (args, cell) => {
        const cut = { ...cell, displayData: shortIn(args, cell.displayData) };
        textCellRenderer.draw({ ...args, cell: cut }, cut);
      },
    };
    const link: typeof uriCellRenderer = {
      ...uriCellRenderer,
      draw: (args, cell) => {
        const cut = { ...cell, displayData: shortIn(args, cell.displayData ?? cell.data) };
        uriCellRenderer.draw({ ...args, cell: cut }, cut);
      },
    };
    // Only the cells that are used: pictures and Markdown would double the weight of the grid.
    return [
      marker,
      newRowCellRenderer,
      booleanCellRenderer,
      text,
      link,
    ] as unknown as DataEditorCoreProps["renderers"];
  }, [tokens]);

  const drawCell = useCallback<DrawCellCallback>(
    (args, draw) => {
      const group = latest.current.rows.group(args.row);
      if (group && args.col === 0) {
        const grade = groupField?.key === "grade" && !isEmpty(group.value) ? String(group.value) : "";
        drawGroup(args, grade, group.label, formatNumber(group.count), tokens);
        return;
      }
      const look = carried(args.cell)?.look;
      if (look) drawLook(look, args, tokens);
      else draw();
      const row = fields[args.col]?.key === titleField ? latest.current.rows.at(args.row) : undefined;
      const people = row && crowd.get(row.id);
      if (people) drawAround(args.ctx, args.rect, people, args.theme, tokens);
    },
    [tokens, groupField, fields, titleField, crowd],
  );

  const theme = useMemo(() => gridTheme(tokens, sizes), [tokens, sizes]);
  const groupTheme = useMemo(
    () => ({ bgCell: tokens.sheet2, textDark: tokens.ink1, baseFontStyle: `600 ${sizes.gridFont}px` }),
    [tokens, sizes],
  );

  const edit = useCallback(
    (edits: CellEdit[], added: Content[][] = []) => void applyEdits(latest.current.rows.store, edits, added),
    [],
  );

  const onCellsEdited = useCallback(
    (items: readonly EditListItem[]) => {
      edit(
        items.flatMap(({ location: [column, line], value }) => {
          const field = latest.current.fields[column];
          const made = field ? editOf(latest.current.rows, field, line, value) : null;
          return made ? [made] : [];
        }),
      );
      return true;
    },
    [edit],
  );

  const clear = useCallback(
    (picked: GridSelection): boolean => {
      const { rows: lines, fields: shown } = latest.current;
      const range = rangeOf(picked);
      // Rows marked by keys leave the cursor where it is: there Delete means the cell.
      if (range) edit(filled(lines, shown, range, { value: null }));
      else if (picked.rows.length > 0) latest.current.onDeleteRows();
      return false;
    },
    [edit],
  );

  const selectLine = (line: number) => {
    latest.current.onSelection({
      ...NOTHING,
      current: { cell: [0, line], range: { x: 0, y: line, width: 1, height: 1 }, rangeStack: [] },
    });
    proxy.current?.focus();
  };
  // The grid scrolls to a cell that gets selected, from where it believes to be: select only after it arrived.
  const onSeen = ({ x, y, height: count }: Rectangle, tx: number) => {
    seen.current = [y, y + count];
    rows.show(y - 20, y + count + 20);
    const { fields: shown, widths, freeze, onScroll, onTop } = latest.current;
    onScroll?.(
      shown
        .slice(freeze, Math.max(x, freeze))
        .reduce((sum, field) => sum + columnWidth(field, widths, titleField), 0) - tx,
    );
    onTop?.(y);
    const line = jumping.current;
    if (line === null || line < y || line >= y + count) return;
    jumping.current = null;
    selectLine(line);
  };

  useImperativeHandle(props.ref, () => ({
    jumpTo: (line) => {
      const [from, to] = seen.current;
      if (line >= from && line < to) return selectLine(line);
      jumping.current = line;
      editor.current?.scrollTo(0, line, "vertical", 0, 0, { vAlign: "start" });
    },
    // What one comes from, as a dialog that closes, may hold the focus for a moment still.
    focus: () => void focusSoon(() => host.current?.querySelector<HTMLElement>(".ime-proxy")),
  }));

  useEffect(() => {
    const box = host.current;
    if (!box) return;
    const measure = () => {
      setHeight(box.clientHeight);
      latest.current.onRoom(box.clientWidth);
    };
    const watch = new ResizeObserver(measure);
    watch.observe(box);
    measure();
    return () => watch.disconnect();
  }, []);

  const drag = useHeaderDrag(host, sizes.header);
  const sized = useRef<number | null>(null);

  const ready = height > 0;
  useImeProxy({ ready, host, editor, proxy, latest, edit, clear });

  // biome-ignore lint/correctness/useExhaustiveDependencies: the label follows the selected cell's value
  useEffect(() => proxy.current?.follow(), [selection, version, crowd]);

  useEffect(() => {
    const range = selection.current?.range;
    if (range && range.height > 1) rows.show(range.y, Math.min(range.y + range.height, range.y + COPY_AHEAD));
  }, [selection, rows]);

  // What is wrong with the selected cell stands beside it.
  const [fault, setFault] = useState<{ note: CellNote; left: number; top: number } | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version stands for everything inside the rows
  useEffect(() => {
    const cell = selection.current?.cell;
    const field = cell && fields[cell[0]];
    const row = cell && rows.at(cell[1]);
    const note =
      field && row && isEmpty(row.values[field.key]) ? store.notes.get(row.id)?.get(field.key) : undefined;
    const box = cell && note ? editor.current?.getBounds(cell[0], cell[1]) : undefined;
    setFault(note && box ? { note, left: box.x, top: box.y + box.height + 6 } : null);
  }, [selection, rows, version, fields]);

  const provideEditor = useCallback<ProvideEditorCallback<GridCell>>((cell) => {
    const field = carried(cell)?.field;
    if (field && widgetOf(field).inCell === "input") return { editor: InputEditor, disablePadding: true };
    return field ? { editor: TextEditor } : undefined;
  }, []);

  return (
    <div ref={host} className="grid-host" data-testid="grid">
      {ready ? (
        <DataEditorCore
          ref={editor}
          renderers={renderers}
          headerIcons={headerSprites}
          imageWindowLoader={images}
          drawCell={drawCell}
          width="100%"
          height={height}
          columns={columns}
          rows={rows.length}
          getCellContent={getCellContent}
          getRowThemeOverride={(line) =>
            line > rows.length ? BELOW : rows.group(line) ? groupTheme : undefined
          }
          theme={theme}
          rowHeight={rows.grouped ? (line) => (rows.group(line) ? sizes.group : sizes.row) : sizes.row}
          headerHeight={sizes.header}
          rowMarkers={{ kind: "both", width: MARKER_WIDTH }}
          freezeColumns={props.freeze}
          overscrollY={props.roomBelow}
          scrollOffsetY={props.startAt ? props.startAt * sizes.row : undefined}
          smoothScrollX
          smoothScrollY
          rangeSelect="rect"
          columnSelect="none"
          rowSelect="multi"
          gridSelection={selection}
          onGridSelectionChange={(next) =>
            props.onSelection(proxy.current?.isMoving() ? { ...next, rows: selection.rows } : next)
          }
          onVisibleRegionChanged={onSeen}
          onHeaderClicked={(column, event) => {
            const field = fields[column];
            if (field) props.onSort(field, event.shiftKey);
          }}
          onHeaderMenuClick={(column, box) => {
            const field = fields[column];
            if (field) props.onColumnMenu(field, box);
          }}
          onHeaderContextMenu={(column, event) => {
            event.preventDefault();
            const field = fields[column];
            if (field) props.onColumnMenu(field, event.bounds);
          }}
          onItemHovered={({ location: [column, line] }) => {
            const row = line >= 0 ? rows.at(line) : undefined;
            const isTitle = fields[column]?.key === titleField;
            const rule = row && column < 0 ? ruleOf(rules, store.marks, row.id) : "";
            if (host.current)
              host.current.title = rule || around(row && isTitle ? crowd.get(row.id) : undefined);
          }}
          onCellClicked={([, line]) => {
            const group = rows.group(line);
            if (group) props.onFold(group);
          }}
          onColumnResize={(column, width) => {
            const field = fields.find((item) => item.key === column.id);
            if (!field) return;
            // A double click asks for the width that fits: nothing is dragged.
            if (!drag.isOn()) return props.onWidth(field, Math.round(width));
            sized.current = Math.round(width);
            props.onSizing(field, sized.current);
          }}
          onColumnResizeEnd={(column) => {
            const field = fields.find((item) => item.key === column.id);
            if (field && sized.current !== null) {
              if (drag.isGivenUp()) props.onSizing(field, null);
              else props.onWidth(field, sized.current);
            }
            sized.current = null;
          }}
          onColumnProposeMove={() => !drag.isGivenUp()}
          onColumnMoved={props.onMove}
          onCellsEdited={onCellsEdited}
          onDelete={clear}
          provideEditor={provideEditor}
          getCellsForSelection
          fillHandle
          keybindings={{ search: false, paste: false, copy: false, cut: false, downFill: true }}
          isOutsideClick={(event) =>
            !(event.target as Element).closest?.(
              ".ant-select-dropdown, .ant-picker-dropdown, .ant-cascader-dropdown",
            )
          }
        />
      ) : null}
      {fault ? (
        <div className="fault-note" style={{ left: fault.left, top: fault.top }} data-testid="cell-fault">
          <b>{fault.note.message}</b>
          {fault.note.text === null ? null : (
            <span className="quiet small">{t`表里的原值：${fault.note.text}`}</span>
          )}
        </div>
      ) : null}
    </div>
  );
}

/** A cell of a group's own line: its name, or the sum of a column. */
function groupCell(group: RowGroup, field: Field, column: number): GridCell {
  const sum = group.sums[field.key];
  const text =
    column === 0
      ? `${group.label}   ${formatNumber(group.count)}`
      : sum === undefined
        ? ""
        : t`合计 ${isOverview(field) ? overviewText(sum) : widgetOf(field).text(sum, field)}`;
  return {
    kind: GridCellKind.Text,
    data: text,
    displayData: text,
    allowOverlay: false,
    readonly: true,
    contentAlign: column === 0 ? "left" : widgetOf(field).align,
    themeOverride: column === 0 ? undefined : { baseFontStyle: "13px" },
  };
}
