import type { DataEditorRef, GridSelection, Item } from "@glideapps/glide-data-grid";
import { t } from "@lingui/core/macro";
import { type RefObject, useEffect } from "react";
import type { Field, Id } from "@/api/types";
import { editValue, showValue, widgetOf } from "@/fields/registry";
import { textOf } from "@/i18n";
import { formatTsv } from "@/lib/tsv";
import { toast } from "@/ui/toast";
import { setTyped } from "./cell-editor";
import { isEditable } from "./cells";
import type { CellEdit } from "./edit";
import type { GridProps } from "./grid";
import { attachImeProxy, type ImeProxy, type ProxyPort } from "./ime-proxy";
import { pasted, rangeOf, rowsRange } from "./ranges";
import { NOTHING } from "./selection";

interface Parts {
  /** The grid has a size and draws. */
  ready: boolean;
  host: RefObject<HTMLDivElement | null>;
  editor: RefObject<DataEditorRef | null>;
  proxy: RefObject<ImeProxy | null>;
  latest: RefObject<GridProps>;
  edit: (edits: CellEdit[]) => void;
  clear: (picked: GridSelection) => boolean;
}

/** Connects the hidden text area with the grid: typing, clipboard and keys act on the selected cells. */
export function useImeProxy({ ready, host, editor, proxy, latest, edit, clear }: Parts): void {
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
    let writing: { id?: Id; field?: Field } = {};
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
      begin: (cell) => {
        writing = { id: rowAt(cell)?.id, field: fieldAt(cell) };
      },
      commit: (cell, text) => {
        const { id, field } = writing;
        if (id !== undefined && field) edit([{ row: cell[1], id, field, text }]);
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
      paste: (text) => {
        const { selection, fields, store } = latest.current;
        edit(pasted(text, selection, fields, store.totals.rows));
      },
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
  }, [ready, host, editor, proxy, latest, edit, clear]);
}
