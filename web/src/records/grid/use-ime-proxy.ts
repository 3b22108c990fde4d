import type { DataEditorRef, GridSelection, Item } from "@glideapps/glide-data-grid";
import { t } from "@lingui/core/macro";
import { type RefObject, useEffect } from "react";
import type { Field } from "@/api/types";
import { editValue, showValue, widgetOf } from "@/fields/registry";
import { isEmpty } from "@/fields/widget";
import { textOf } from "@/i18n";
import { ledgerDay } from "@/lib/dates";
import { readTable, writeTable } from "@/lib/tables";
import { toast } from "@/ui/toast";
import { around } from "../crowd";
import { ruleOf } from "../list/rules";
import { setTyped } from "./cell-editor";
import { isEditable } from "./cells";
import type { CellEdit, Content } from "./edit";
import type { GridProps } from "./grid";
import { attachImeProxy, type ImeProxy, type ProxyPort } from "./ime-proxy";
import { filled, pasted, type Range, rangeOf, rowsRange } from "./ranges";
import type { Row } from "./row-store";
import { NOTHING } from "./selection";

interface Parts {
  /** The grid has a size and draws. */
  ready: boolean;
  host: RefObject<HTMLDivElement | null>;
  editor: RefObject<DataEditorRef | null>;
  proxy: RefObject<ImeProxy | null>;
  latest: RefObject<GridProps>;
  edit: (edits: CellEdit[], added?: Content[][]) => void;
  clear: (picked: GridSelection) => boolean;
}

const isWhole = (range: Range, columns: number, lines: number): boolean =>
  range.width === columns && range.height === lines;

/** Connects the hidden text area with the grid: typing, clipboard and keys act on the selected cells. */
export function useImeProxy({ ready, host, editor, proxy, latest, edit, clear }: Parts): void {
  useEffect(() => {
    if (!ready || !host.current) return;
    const fieldAt = ([column]: Item) => latest.current.fields[column];
    const rowAt = ([, row]: Item) => latest.current.rows.at(row);
    const textAt = (cell: Item) => {
      const [field, row] = [fieldAt(cell), rowAt(cell)];
      return field && row ? editValue(field, row.values[field.key]) : "";
    };
    const copy = (clipboard: DataTransfer): boolean => {
      const picked = latest.current.selection;
      const range = rangeOf(picked) ?? rowsRange(picked, latest.current.fields.length);
      if (!range) return false;
      const lines: string[][] = [];
      for (let y = range.y; y < range.y + range.height; y++) {
        if (latest.current.rows.group(y)) continue;
        if (!latest.current.rows.at(y)) {
          toast(t`后面的行还没读到，滚过去再复制，或者用导出`);
          return false;
        }
        lines.push(Array.from({ length: range.width }, (_, x) => textAt([range.x + x, y])));
      }
      const copied = latest.current.fields.slice(range.x, range.x + range.width);
      // Whole rows are copied to be read by people: they bring the names of their columns along.
      const head = picked.rows.length > 0 ? copied.map((field) => textOf(field.label)) : [];
      writeTable(clipboard, {
        head,
        rows: lines,
        right: copied.map((field) => widgetOf(field).align === "right"),
      });
      return true;
    };
    const box = host.current;
    let writing: { row?: Row; field?: Field } = {};
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
        const group = latest.current.rows.group(cell[1]);
        if (group)
          return latest.current.rows.isFolded(group)
            ? t`分组 ${group.label}，${group.count} 条，收起`
            : t`分组 ${group.label}，${group.count} 条，展开`;
        const [field, row] = [fieldAt(cell), rowAt(cell)];
        if (!field || !row) return "";
        const title = latest.current.fields.find((item) => item.key === latest.current.titleField);
        const name = title ? showValue(title, row.values[title.key]) : "";
        const number = (latest.current.rows.index(cell[1]) ?? 0) + 1;
        const note = latest.current.rows.store.notes.get(row.id)?.get(field.key);
        const fault = note && isEmpty(row.values[field.key]) ? `${note.text ?? ""} ${note.message}` : "";
        const others = around(latest.current.crowd.get(row.id));
        return [
          textOf(field.label),
          name,
          showValue(field, row.values[field.key]),
          fault,
          ruleOf(latest.current.rules, latest.current.rows.store.marks, row.id),
          others,
          t`第 ${number} 行`,
        ]
          .filter(Boolean)
          .join(t`，`);
      },
      textOf: textAt,
      begin: (cell) => {
        writing = { row: rowAt(cell), field: fieldAt(cell) };
      },
      commit: (_cell, text) => {
        const { row, field } = writing;
        if (row && field) edit([{ id: row.id, revision: row.revision, field, text }]);
      },
      openInput: (_cell, typed) => {
        setTyped(typed);
        host.current
          ?.querySelector("canvas[data-testid=data-grid-canvas]")
          ?.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
      },
      openRecord: (cell) => {
        const row = rowAt(cell);
        if (row) latest.current.onOpen(row, false);
      },
      act: (cell, key) => {
        const { rows, fields, selection, onFold, onColumnMenu } = latest.current;
        const group = rows.group(cell[1]);
        if (group && (key === "Enter" || key === " ")) {
          onFold(group);
          return true;
        }
        const field = fields[cell[0]];
        const row = rowAt(cell);
        if (key === " " && row && field && widgetOf(field).inCell !== "toggle") {
          latest.current.onOpen(row, true);
          return true;
        }
        if (key === "ContextMenu" || key === "Alt+m") {
          const box = editor.current?.getBounds(cell[0], -1);
          if (field && box) onColumnMenu(field, box);
          return true;
        }
        const range = rangeOf(selection);
        if (
          range &&
          (key === "Alt+x" || (key === "Control+a" && isWhole(range, fields.length, rows.length)))
        ) {
          const [from, to] = [range.y, range.y + range.height];
          const all = Array.from({ length: range.height }, (_, at) => from + at);
          const isMarked = key === "Alt+x" && all.every((line) => selection.rows.hasIndex(line));
          const marked = isMarked ? selection.rows.remove([from, to]) : selection.rows.add([from, to]);
          latest.current.onSelection({ ...selection, rows: marked });
          return true;
        }
        const type = field?.value_type ?? field?.type;
        if (key === "Control+;" && range && type === "date") {
          edit(filled(rows, fields, range, { value: ledgerDay() }));
          return true;
        }
        if (
          key === "Alt+ArrowDown" &&
          field &&
          widgetOf(field).inCell === "input" &&
          port.mode(cell) === "input"
        ) {
          port.openInput(cell, "");
          return true;
        }
        return false;
      },
      hasNext: ([column], by) => column + by >= 0 && column + by < latest.current.fields.length,
      copy,
      cut: (clipboard) => {
        if (!copy(clipboard)) return false;
        clear(latest.current.selection);
        return true;
      },
      paste: (clipboard) => {
        const { selection, fields, rows, mayCreate } = latest.current;
        const { edits, added } = pasted(readTable(clipboard), rangeOf(selection), rows, fields);
        edit(edits, mayCreate ? added : []);
      },
      move: (right, down) => {
        const cell = latest.current.selection.current?.cell ?? [-right, -down];
        const x = Math.min(Math.max(cell[0] + right, 0), latest.current.fields.length - 1);
        const y = Math.min(Math.max(cell[1] + down, 0), latest.current.rows.length - 1);
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
