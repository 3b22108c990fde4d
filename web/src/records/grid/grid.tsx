import {
  booleanCellRenderer,
  CompactSelection,
  DataEditorCore,
  type DataEditorCoreProps,
  type DataEditorRef,
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
  sprites,
  textCellRenderer,
  uriCellRenderer,
} from "@glideapps/glide-data-grid";
import "@glideapps/glide-data-grid/dist/index.css";
import { plural, t } from "@lingui/core/macro";
import { type Ref, useCallback, useEffect, useImperativeHandle, useMemo, useRef, useState } from "react";
import type { Field, Sort } from "@/api/types";
import { editValue, showValue, widgetOf } from "@/fields/registry";
import { textOf } from "@/i18n";
import { formatTsv, parseTsv } from "@/lib/tsv";
import { useLook } from "@/ui/theme";
import { toast } from "@/ui/toast";
import { InputEditor, setTyped, TextEditor } from "./cell-editor";
import { carried, cellOf, gridTheme, isEditable, loadingCell } from "./cells";
import { applyEdits, type CellEdit, LONGEST_PASTE } from "./edit";
import { attachImeProxy, type ImeProxy, type ProxyPort } from "./ime-proxy";
import type { Row, RowStore } from "./row-store";
import "./grid.css";

export const NOTHING: GridSelection = { columns: CompactSelection.empty(), rows: CompactSelection.empty() };
// Only the cells that are used: pictures and Markdown would double the weight of the grid.
const RENDERERS = [
  markerCellRenderer,
  newRowCellRenderer,
  booleanCellRenderer,
  textCellRenderer,
  uriCellRenderer,
] as unknown as DataEditorCoreProps["renderers"];
const images = new ImageWindowLoaderImpl();
const COPY_AHEAD = 2_000;

export interface GridHandle {
  jumpTo: (row: number) => void;
  focus: () => void;
}

interface Props {
  ref?: Ref<GridHandle>;
  store: RowStore;
  /** Grows with every change of the store. */
  version: number;
  fields: Field[];
  widths: Record<string, number>;
  sort: Sort[];
  titleField: string;
  selection: GridSelection;
  onSelection: (selection: GridSelection) => void;
  onSort: (field: Field) => void;
  onWidth: (field: Field, width: number) => void;
  onMove: (from: number, to: number) => void;
  onOpen: (row: Row) => void;
  onDeleteRows: () => void;
}

export function LedgerGrid(props: Props) {
  const { store, version, fields, selection, onOpen, titleField } = props;
  const { tokens } = useLook();
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<DataEditorRef>(null);
  const proxy = useRef<ImeProxy | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const [height, setHeight] = useState(0);

  const columns = useMemo<GridColumn[]>(
    () =>
      fields.map((field) => {
        const order = props.sort.find((item) => item.field === field.key)?.order;
        return {
          id: field.key,
          title: `${textOf(field.label)}${order ? (order === "asc" ? " ↑" : " ↓") : ""}`,
          width: props.widths[field.key] ?? widgetOf(field).width + (field.key === titleField ? 60 : 0),
        };
      }),
    [fields, props.sort, props.widths, titleField],
  );

  // The version stands for everything inside the store.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new version must redraw the cells
  const getCellContent = useCallback(
    ([column, row]: Item): GridCell => {
      const field = fields[column];
      const record = store.row(row);
      if (!field || !record) return loadingCell();
      return cellOf(record, field, field.key === titleField ? onOpen : undefined);
    },
    [store, version, fields, titleField, onOpen],
  );

  const edit = useCallback((edits: CellEdit[]) => void applyEdits(latest.current.store, edits), []);

  const onCellsEdited = useCallback(
    (items: readonly EditListItem[]) => {
      edit(
        items.flatMap(({ location: [column, row], value }) => {
          const field = latest.current.fields[column];
          return field ? [editOf(field, row, value)] : [];
        }),
      );
      return true;
    },
    [edit],
  );

  const clear = useCallback(
    (picked: GridSelection): boolean => {
      if (picked.rows.length > 0) latest.current.onDeleteRows();
      else {
        const range = rangeOf(picked);
        edit(
          range
            ? cellsOf(range).map(([c, r]) => ({
                row: r,
                field: latest.current.fields[c] as Field,
                value: null,
              }))
            : [],
        );
      }
      return false;
    },
    [edit],
  );

  useImperativeHandle(props.ref, () => ({
    jumpTo: (row) => {
      editor.current?.scrollTo(0, row, "vertical", 0, 0, { vAlign: "start" });
      latest.current.onSelection({
        ...NOTHING,
        current: { cell: [0, row], range: { x: 0, y: row, width: 1, height: 1 }, rangeStack: [] },
      });
      proxy.current?.focus();
    },
    focus: () => proxy.current?.focus(),
  }));

  useEffect(() => {
    const box = host.current;
    if (!box) return;
    const watch = new ResizeObserver(() => setHeight(box.clientHeight));
    watch.observe(box);
    setHeight(box.clientHeight);
    return () => watch.disconnect();
  }, []);

  const ready = height > 0;
  useEffect(() => {
    if (!ready || !host.current) return;
    const fieldAt = ([column]: Item) => latest.current.fields[column];
    const rowAt = ([, row]: Item) => latest.current.store.row(row);
    const textAt = (cell: Item) => {
      const [field, row] = [fieldAt(cell), rowAt(cell)];
      return field && row ? editValue(field, row.values[field.key]) : "";
    };
    const copy = (clipboard: DataTransfer): boolean => {
      const picked = latest.current.selection;
      const range = rangeOf(picked) ?? rowsRange(picked, latest.current.fields.length);
      if (!range) return false;
      const rows: string[][] = [];
      for (let y = range.y; y < range.y + range.height; y++) {
        if (!latest.current.store.row(y)) {
          toast(t`后面的行还没读到，滚过去再复制，或者用导出`);
          return false;
        }
        rows.push(Array.from({ length: range.width }, (_, x) => textAt([range.x + x, y])));
      }
      clipboard.setData("text/plain", formatTsv(rows));
      return true;
    };
    const box = host.current;
    const port: ProxyPort = {
      cell: () => latest.current.selection.current?.cell ?? null,
      bounds: ([column, row]) => editor.current?.getBounds(column, row),
      mode: (cell) => {
        const [field, row] = [fieldAt(cell), rowAt(cell)];
        if (!field || !row || !isEditable(field, row.values[field.key])) return null;
        const how = widgetOf(field).inCell;
        return how === "toggle" ? "text" : how;
      },
      label: (cell) => {
        const [field, row] = [fieldAt(cell), rowAt(cell)];
        if (!field || !row) return "";
        const title = latest.current.fields.find((item) => item.key === latest.current.titleField);
        const name = title ? showValue(title, row.values[title.key]) : "";
        return [textOf(field.label), name, showValue(field, row.values[field.key]), t`第 ${cell[1] + 1} 行`]
          .filter(Boolean)
          .join("，");
      },
      textOf: textAt,
      commit: (cell, text) => {
        const field = fieldAt(cell);
        if (field) edit([{ row: cell[1], field, text }]);
      },
      openInput: (_cell, typed) => {
        setTyped(typed);
        host.current
          ?.querySelector("canvas[data-testid=data-grid-canvas]")
          ?.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
      },
      openRecord: (cell) => {
        const row = rowAt(cell);
        if (row) latest.current.onOpen(row);
      },
      copy,
      cut: (clipboard) => {
        if (!copy(clipboard)) return false;
        clear(latest.current.selection);
        return true;
      },
      paste: (text) => edit(pasted(text, latest.current)),
      move: (right, down) => {
        const cell = latest.current.selection.current?.cell;
        if (!cell) return;
        const x = Math.min(Math.max(cell[0] + right, 0), latest.current.fields.length - 1);
        const y = Math.min(Math.max(cell[1] + down, 0), latest.current.store.totals.rows - 1);
        latest.current.onSelection({
          ...NOTHING,
          current: { cell: [x, y], range: { x, y, width: 1, height: 1 }, rangeStack: [] },
        });
        editor.current?.scrollTo(x, y);
      },
    };
    // The grid draws its canvas only once it has measured itself.
    let waiting = 0;
    const attach = () => {
      proxy.current = attachImeProxy(box, port);
      if (!proxy.current) waiting = requestAnimationFrame(attach);
    };
    attach();
    return () => {
      cancelAnimationFrame(waiting);
      proxy.current?.dispose();
      proxy.current = null;
    };
  }, [ready, edit, clear]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the label follows the selected cell's value
  useEffect(() => proxy.current?.follow(), [selection, version]);

  useEffect(() => {
    const range = selection.current?.range;
    if (range && range.height > 1)
      store.show(range.y, Math.min(range.y + range.height, range.y + COPY_AHEAD));
  }, [selection, store]);

  const provideEditor = useCallback<ProvideEditorCallback<GridCell>>((cell) => {
    const field = carried(cell)?.field;
    if (field && widgetOf(field).inCell === "input") return { editor: InputEditor, disablePadding: true };
    return cell.kind === GridCellKind.Uri ? { editor: TextEditor } : undefined;
  }, []);

  return (
    <div ref={host} className="grid-host" data-testid="grid">
      {ready ? (
        <DataEditorCore
          ref={editor}
          renderers={RENDERERS}
          headerIcons={sprites}
          imageWindowLoader={images}
          width="100%"
          height={height}
          columns={columns}
          rows={store.totals.rows}
          getCellContent={getCellContent}
          theme={gridTheme(tokens)}
          rowHeight={34}
          headerHeight={34}
          rowMarkers={{ kind: "both", width: 56 }}
          freezeColumns={fields[0]?.key === titleField ? 1 : 0}
          smoothScrollX
          smoothScrollY
          rangeSelect="rect"
          columnSelect="none"
          rowSelect="multi"
          gridSelection={selection}
          onGridSelectionChange={props.onSelection}
          onVisibleRegionChanged={({ y, height: seen }) => store.show(y - 20, y + seen + 20)}
          onHeaderClicked={(column) => {
            const field = fields[column];
            if (field) props.onSort(field);
          }}
          onColumnResize={(column, width) => {
            const field = fields.find((item) => item.key === column.id);
            if (field) props.onWidth(field, Math.round(width));
          }}
          onColumnMoved={props.onMove}
          onCellsEdited={onCellsEdited}
          onDelete={clear}
          provideEditor={provideEditor}
          getCellsForSelection
          fillHandle
          keybindings={{ search: false, paste: false, copy: false, cut: false, downFill: true }}
          isOutsideClick={(event) =>
            !(event.target as Element).closest?.(".ant-select-dropdown, .ant-picker-dropdown")
          }
        />
      ) : null}
    </div>
  );
}

/** What an edited or filled cell wants to write: the carried value, unless its text was changed. */
function editOf(field: Field, row: number, cell: GridCell): CellEdit {
  if (cell.kind === GridCellKind.Boolean) return { row, field, value: cell.data === true };
  const held = carried(cell);
  const text = "data" in cell && typeof cell.data === "string" ? cell.data : "";
  if (held && held.field.type === field.type && text === editValue(held.field, held.raw))
    return { row, field, value: held.raw ?? null };
  return { row, field, text };
}

interface Range {
  x: number;
  y: number;
  width: number;
  height: number;
}

const rangeOf = (picked: GridSelection): Range | null => picked.current?.range ?? null;

function rowsRange(picked: GridSelection, columns: number): Range | null {
  const first = picked.rows.first();
  const last = picked.rows.last();
  if (first === undefined || last === undefined || last - first + 1 !== picked.rows.length) return null;
  return { x: 0, y: first, width: columns, height: picked.rows.length };
}

function cellsOf(range: Range): Item[] {
  const cells: Item[] = [];
  for (let y = range.y; y < Math.min(range.y + range.height, range.y + LONGEST_PASTE); y++)
    for (let x = range.x; x < range.x + range.width; x++) cells.push([x, y]);
  return cells;
}

/** The edits of a pasted text: a single value fills the whole selected range. */
function pasted(text: string, { selection, fields, store }: Props): CellEdit[] {
  const range = rangeOf(selection);
  const rows = parseTsv(text);
  if (!range || rows.length === 0) return [];
  if (rows.length > LONGEST_PASTE) {
    toast(plural(LONGEST_PASTE, { other: "一次最多粘贴 # 行，更多的用导入" }));
    return [];
  }
  const single = rows.length === 1 && rows[0]?.length === 1;
  if (single)
    return cellsOf(range).flatMap(([x, y]) =>
      fields[x] ? [{ row: y, field: fields[x], text: rows[0]?.[0] ?? "" }] : [],
    );
  return rows.flatMap((cells, down) =>
    cells.flatMap((cell, right) => {
      const field = fields[range.x + right];
      const row = range.y + down;
      return field && row < store.totals.rows ? [{ row, field, text: cell }] : [];
    }),
  );
}
