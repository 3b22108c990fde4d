import {
  booleanCellRenderer,
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
import { type Ref, useCallback, useEffect, useImperativeHandle, useMemo, useRef, useState } from "react";
import type { Field, Sort } from "@/api/types";
import { widgetOf } from "@/fields/registry";
import { textOf } from "@/i18n";
import { useLook } from "@/ui/theme";
import { InputEditor, TextEditor } from "./cell-editor";
import { carried, cellOf, gridTheme, loadingCell } from "./cells";
import { applyEdits, type CellEdit } from "./edit";
import type { ImeProxy } from "./ime-proxy";
import { cellsOf, editOf, rangeOf } from "./ranges";
import type { Row, RowStore } from "./row-store";
import { NOTHING } from "./selection";
import { useImeProxy } from "./use-ime-proxy";
import "./grid.css";

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

export interface GridProps {
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

export function LedgerGrid(props: GridProps) {
  const { store, version, fields, selection, onOpen, titleField } = props;
  const { tokens } = useLook();
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

  const selectRow = (row: number) => {
    latest.current.onSelection({
      ...NOTHING,
      current: { cell: [0, row], range: { x: 0, y: row, width: 1, height: 1 }, rangeStack: [] },
    });
    proxy.current?.focus();
  };
  // The grid scrolls to a cell that gets selected, from where it believes to be: select only after it arrived.
  const onSeen = (from: number, to: number) => {
    seen.current = [from, to];
    store.show(from - 20, to + 20);
    const row = jumping.current;
    if (row === null || row < from || row >= to) return;
    jumping.current = null;
    selectRow(row);
  };

  useImperativeHandle(props.ref, () => ({
    jumpTo: (row) => {
      const [from, to] = seen.current;
      if (row >= from && row < to) return selectRow(row);
      jumping.current = row;
      editor.current?.scrollTo(0, row, "vertical", 0, 0, { vAlign: "start" });
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
  useImeProxy({ ready, host, editor, proxy, latest, edit, clear });

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
          onVisibleRegionChanged={({ y, height: rows }) => onSeen(y, y + rows)}
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
