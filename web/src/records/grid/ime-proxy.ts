// A canvas cannot be typed into, so an input method never starts composing on a selected cell. As
// spreadsheets do it, one hidden textarea holds the keyboard focus of the grid: text goes into it and opens
// as an editor over the cell, every other key is handed on to the canvas. It also carries copy and paste,
// which on plain-http addresses exist only as events.
import type { Item } from "@glideapps/glide-data-grid";

export interface ProxyPort {
  /** The selected cell, if any. */
  cell: () => Item | null;
  bounds: (cell: Item) => { x: number; y: number; width: number; height: number } | undefined;
  /** "text": type here; "input": open the cell's own editor with what was typed; null: not to be written. */
  mode: (cell: Item) => "text" | "input" | null;
  label: (cell: Item) => string;
  textOf: (cell: Item) => string;
  /** Typing begins: the record of this cell is the one that `commit` writes. */
  begin: (cell: Item) => void;
  commit: (cell: Item, text: string) => void;
  openInput: (cell: Item, typed: string) => void;
  openRecord: (cell: Item) => void;
  /** Enter or Space on a cell that is not written but does something, such as folding a group; false: nothing. */
  act: (cell: Item, key: string) => boolean;
  copy: (clipboard: DataTransfer) => boolean;
  cut: (clipboard: DataTransfer) => boolean;
  paste: (clipboard: DataTransfer) => void;
  move: (columns: number, rows: number) => void;
  /** Is there another cell that many columns on? */
  hasNext: (cell: Item, columns: number) => boolean;
}

export interface ImeProxy {
  /** Call after every change of the selection: the label read out follows the cell. */
  follow: () => void;
  focus: () => void;
  /** Is the cursor being moved by a key right now? The marked rows stay marked then. */
  isMoving: () => boolean;
  dispose: () => void;
}

/** Keys with a letter that are no text, as they mean something to the cell: the column's menu, marking its row. */
const WITH_LETTER = ["Alt+m", "Alt+x"];

/** "Control+;", "Alt+ArrowDown", "Enter". */
const keyName = (event: KeyboardEvent): string => {
  const command = event.ctrlKey || event.metaKey;
  // With Alt a Mac types other characters; the key itself keeps its name.
  const letter = event.altKey && !command ? /^Key([A-Z])$/.exec(event.code)?.[1] : undefined;
  return [command ? "Control+" : "", event.altKey ? "Alt+" : "", letter?.toLowerCase() ?? event.key].join("");
};

const MOVES = /^(Arrow|Page|Home|End|Tab)/;

const isComposing = (event: KeyboardEvent): boolean => event.isComposing || event.keyCode === 229;

export function attachImeProxy(host: HTMLElement, port: ProxyPort): ImeProxy | null {
  const scroller = host.querySelector(".dvn-scroller");
  const canvas = host.querySelector<HTMLCanvasElement>("canvas[data-testid=data-grid-canvas]");
  if (!scroller || !canvas) return null;

  const area = document.createElement("textarea");
  area.className = "ime-proxy";
  area.rows = 1;
  area.spellcheck = false;
  area.autocomplete = "off";
  area.dataset.testid = "grid-ime";
  // Inside the scroller the grid still believes that it has the focus.
  scroller.appendChild(area);

  let editing: Item | null = null;
  let moving = false;

  const place = () => {
    const cell = editing ?? port.cell();
    if (!cell) return;
    area.setAttribute("aria-label", port.label(cell));
    const box = port.bounds(cell);
    if (!box) return;
    // The scroller is moved by a transform, so "fixed" counts from somewhere else: measure and correct.
    const at = area.getBoundingClientRect();
    area.style.left = `${area.offsetLeft + box.x - at.left}px`;
    area.style.top = `${area.offsetTop + box.y - at.top}px`;
    area.style.minWidth = `${box.width + 1}px`;
    area.style.height = `${box.height + 1}px`;
  };

  const open = (cell: Item) => {
    editing = [cell[0], cell[1]];
    port.begin(cell);
    area.classList.add("open");
    place();
  };

  const close = (save: boolean, columns = 0, rows = 0) => {
    const cell = editing;
    const text = area.value;
    editing = null;
    area.value = "";
    area.classList.remove("open");
    if (cell && save) port.commit(cell, text);
    if (columns || rows) port.move(columns, rows);
    place();
  };

  const onInput = (event: Event) => {
    if (editing) return;
    const cell = port.cell();
    const mode = cell ? port.mode(cell) : null;
    if (cell && mode === "text") return open(cell);
    if ((event as InputEvent).isComposing) return; // wait for the characters the composition ends with
    const typed = area.value;
    area.value = "";
    if (cell && mode === "input" && typed) port.openInput(cell, typed);
  };

  const onCompositionStart = () => {
    const cell = port.cell();
    if (!editing && cell && port.mode(cell) === "text") open(cell);
  };

  const resend = (event: KeyboardEvent) => {
    // The grid knows some of its keys by their code only.
    const { key, code, keyCode, ctrlKey, metaKey, shiftKey, altKey } = event;
    const copy = { key, code, keyCode, ctrlKey, metaKey, shiftKey, altKey, bubbles: true, cancelable: true };
    moving = MOVES.test(key);
    canvas.dispatchEvent(new KeyboardEvent(event.type, copy));
    moving = false;
  };

  const onEditingKey = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) close(true, 0, 1);
    else if (event.key === "Tab") close(true, event.shiftKey ? -1 : 1, 0);
    else if (event.key === "Escape") close(false);
    else return;
    event.preventDefault();
  };

  const onKey = (event: KeyboardEvent) => {
    const command = event.ctrlKey || event.metaKey;
    if (isComposing(event)) return event.stopPropagation();
    // Undo and the search palette belong to the page; while editing, undo belongs to the text.
    if (command && /^[zyk]$/i.test(event.key) && !editing) return;
    event.stopPropagation();
    if (editing) return onEditingKey(event);
    const cell = port.cell();
    // Where there is no cell to go on to, Tab leads out of the grid.
    if (event.key === "Tab" && !(cell && port.hasNext(cell, event.shiftKey ? -1 : 1))) return;
    const isText = event.key.length === 1 && event.key !== " " && !WITH_LETTER.includes(keyName(event));
    if (isText && !command) return; // "input" opens the editor
    if (command && /^[cxv]$/i.test(event.key)) return; // the clipboard events follow
    event.preventDefault();
    if (cell && port.act(cell, keyName(event))) return;
    if (event.key === "F2" && cell && port.mode(cell) === "text") {
      area.value = port.textOf(cell);
      open(cell);
      return area.setSelectionRange(area.value.length, area.value.length);
    }
    if (event.key === "F2" && cell && port.mode(cell) === "input") return port.openInput(cell, "");
    if (event.key === "Enter" && command && cell) return port.openRecord(cell);
    if (!cell && event.key.startsWith("Arrow")) return port.move(0, 0); // the first one
    resend(event);
  };

  const onFocusIn = (event: FocusEvent) => {
    if (event.target === area || !canvas.contains(event.target as Node)) return;
    area.focus({ preventScroll: true });
    place();
  };
  // The grid drops its focus ring when the canvas loses the focus; to the textarea it does not really.
  const onFocusOut = (event: FocusEvent) => {
    if (canvas.contains(event.target as Node) && event.relatedTarget === area)
      event.stopImmediatePropagation();
  };
  // The Enter that confirms a composition must not close the grid's own editor.
  const onWindowKey = (event: KeyboardEvent) => {
    if (isComposing(event) && (event.target as Element | null)?.closest?.("#portal")) event.stopPropagation();
  };
  const idle = () => document.activeElement === area && !editing;
  const onClipboard = (event: ClipboardEvent) => {
    if (!idle() || !event.clipboardData) return;
    if (event.type === "paste") port.paste(event.clipboardData);
    else if (!(event.type === "cut" ? port.cut(event.clipboardData) : port.copy(event.clipboardData))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  // The grid takes the focus for a moment when a cell is selected, and hands it back: see onFocusIn and follow.
  const onBlur = (event: FocusEvent) => {
    if (editing && !canvas.contains(event.relatedTarget as Node | null)) close(true);
  };
  const follow = () => {
    const cell = port.cell();
    if (editing && (cell?.[0] !== editing[0] || cell?.[1] !== editing[1])) close(true);
    place();
  };

  area.addEventListener("input", onInput);
  area.addEventListener("compositionstart", onCompositionStart);
  area.addEventListener("compositionend", onInput);
  area.addEventListener("keydown", onKey);
  area.addEventListener("blur", onBlur);
  host.addEventListener("focusin", onFocusIn);
  window.addEventListener("focusout", onFocusOut, true);
  window.addEventListener("keydown", onWindowKey, true);
  for (const name of ["copy", "cut", "paste"] as const) window.addEventListener(name, onClipboard, true);

  return {
    follow,
    focus: () => area.focus({ preventScroll: true }),
    isMoving: () => moving,
    dispose: () => {
      area.remove();
      host.removeEventListener("focusin", onFocusIn);
      window.removeEventListener("focusout", onFocusOut, true);
      window.removeEventListener("keydown", onWindowKey, true);
      for (const name of ["copy", "cut", "paste"] as const)
        window.removeEventListener(name, onClipboard, true);
    },
  };
}
