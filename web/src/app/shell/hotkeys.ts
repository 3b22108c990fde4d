// Keys that work on every page. Single letters act only when nothing is being typed, and can be switched off.
import { lettersOn } from "@/lib/letters";
import { hasLayer } from "@/ui/focus";
import { isTyping } from "@/ui/keys";

export interface Hotkeys {
  palette: () => void;
  sidebar: () => void;
  help: () => void;
  quickEntry: () => void;
  undo: () => void;
  redo: () => void;
  go: (place: string) => void;
}

/** The second key after G. */
export const GOES: Record<string, string> = {
  t: "/today",
  l: "/list/customer",
  b: "/list/customer?view=0&as=board",
  k: "/list/customer?view=0&as=calendar",
  i: "/import",
  c: "/changesets",
  s: "/settings",
};
const SECOND_KEY_MS = 1_200;

/** Listens until the answer is called. */
export function listenToKeys(does: Hotkeys): () => void {
  let waitingSince = 0;
  const onKey = (event: KeyboardEvent) => {
    if (event.isComposing || event.defaultPrevented) return;
    const key = event.key.toLowerCase();
    if (event.ctrlKey || event.metaKey) {
      if (key === "k") does.palette();
      else if (key === "\\") does.sidebar();
      else if (isElsewhere(event)) return;
      else if (key === "y" || (key === "z" && event.shiftKey)) does.redo();
      else if (key === "z") does.undo();
      else return;
      event.preventDefault();
      return;
    }
    if (event.altKey || isTyping(event) || !lettersOn() || hasDialog()) return;
    const place = Date.now() - waitingSince < SECOND_KEY_MS ? GOES[key] : undefined;
    waitingSince = 0;
    if (place) does.go(place);
    else if (key === "g") waitingSince = Date.now();
    else if (event.key === "?") does.help();
    else if (key === "n") does.quickEntry();
    else return;
    event.preventDefault();
  };
  window.addEventListener("keydown", onKey);
  return () => window.removeEventListener("keydown", onKey);
}

/** The grid's own text field is no place for typing as long as no cell is open. */
const isElsewhere = (event: KeyboardEvent): boolean =>
  isTyping(event) && !(event.target as HTMLElement).classList.contains("ime-proxy");

const hasDialog = (): boolean => hasLayer() || document.querySelector(".ant-drawer-open") !== null;
