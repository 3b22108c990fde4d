import { type GridCell, GridCellKind, type ProvideEditorComponent } from "@glideapps/glide-data-grid";
import { type KeyboardEvent, Suspense, useEffect, useRef, useState } from "react";
import type { Value } from "@/api/types";
import { editValue, showValue, widgetOf } from "@/fields/registry";
import { carried, type LedgerCell } from "./cells";

let typed = "";

/** Keeps what was typed on the selected cell until its editor opens. */
export function setTyped(text: string): void {
  typed = text;
}

function takeTyped(): string {
  const text = typed;
  typed = "";
  return text;
}

/** The input of the cell's field, laid over the cell. */
export const InputEditor: ProvideEditorComponent<GridCell> = ({
  value: cell,
  onChange,
  onFinishedEditing,
}) => {
  const held = carried(cell);
  const [start] = useState(takeTyped);
  const latest = useRef<GridCell>(cell);
  if (!held) return null;
  const { field } = held;
  const { Input } = widgetOf(field);
  const set = (raw: Value) => {
    latest.current = withValue(cell as LedgerCell, raw);
    onChange(latest.current);
  };
  // The grid would save what was there when the key went down; lists answer Enter themselves.
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") event.stopPropagation();
    if (event.key === "Tab") {
      event.stopPropagation();
      event.preventDefault();
      onFinishedEditing(latest.current, [event.shiftKey ? -1 : 1, 0]);
    }
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only watches the keys of the input inside
    <div className="cell-editor" data-testid="cell-editor" onKeyDown={onKeyDown}>
      <Suspense>
        <Input
          field={field}
          value={held.raw}
          autoFocus
          typed={start}
          onChange={set}
          onDone={() => onFinishedEditing(latest.current, [0, 0])}
        />
      </Suspense>
    </div>
  );
};

/** Plain text over the cell. */
export const TextEditor: ProvideEditorComponent<GridCell> = ({ value: cell, onChange }) => {
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const end = area.current?.value.length ?? 0;
    area.current?.focus();
    area.current?.setSelectionRange(end, end);
  }, []);
  if (cell.kind !== GridCellKind.Uri && cell.kind !== GridCellKind.Text) return null;
  const change = (data: string) => {
    const next = { ...cell, data, edited: true };
    onChange(next);
  };
  return (
    <textarea
      ref={area}
      className="gdg-input"
      data-testid="cell-editor"
      value={cell.data}
      onChange={(event) => change(event.target.value)}
    />
  );
};

function withValue(cell: LedgerCell, raw: Value): GridCell {
  const held = carried(cell);
  if (!held || cell.kind === GridCellKind.Boolean) return cell;
  const next: LedgerCell = {
    ...cell,
    raw,
    edited: true,
    data: editValue(held.field, raw),
    displayData: showValue(held.field, raw),
  };
  return next;
}
