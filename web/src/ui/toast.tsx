// One message at the bottom of the page: it names what happened and offers the way back.
import { useEffect, useRef, useSyncExternalStore } from "react";
import { Keys } from "./keys";

export interface ToastAction {
  label: string;
  /** The keys that do the same. */
  keys?: string;
  run: () => void;
}
interface Toast {
  id: number;
  text: string;
  action?: ToastAction;
}

const SHOWN_FOR = 8_000;
let current: Toast | null = null;
let count = 0;
const watchers = new Set<() => void>();

function set(toast: Toast | null): void {
  current = toast;
  for (const watcher of watchers) watcher();
}

/** Shows a message; the newest replaces the one before. */
export function toast(text: string, action?: ToastAction): void {
  count += 1;
  set({ id: count, text, action });
}

/** Takes the message away, with the way back that it offers. */
export const dropToast = (): void => set(null);

/** The one place where messages appear. Stays while pointed at or focused; F6 moves the focus there. */
export function ToastArea() {
  const shown = useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => current,
  );
  const box = useRef<HTMLDivElement>(null);
  const held = useRef(false);
  const before = useRef<HTMLElement | null>(null);

  useEffect(() => {
    if (!shown) return;
    held.current = false;
    let left = SHOWN_FOR;
    const timer = setInterval(() => {
      if (!held.current) left -= 500;
      if (left <= 0) set(null);
    }, 500);
    return () => clearInterval(timer);
  }, [shown]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "F6" && current) {
        event.preventDefault();
        before.current = document.activeElement as HTMLElement | null;
        box.current?.querySelector("button")?.focus();
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);

  const hold = (value: boolean) => () => {
    held.current = value;
  };
  return (
    <div role="status" aria-live="polite" data-testid="toast-area">
      {shown ? (
        // biome-ignore lint/a11y/noStaticElementInteractions: pointing at it only keeps it on the page
        <div
          ref={box}
          className="toast"
          data-testid="toast"
          onPointerEnter={hold(true)}
          onPointerLeave={hold(false)}
          onFocus={(event) => {
            hold(true)();
            // Pressed with the mouse, too, it leads back: it is gone after, and the keyboard with it.
            const from = event.relatedTarget;
            if (from instanceof HTMLElement && !event.currentTarget.contains(from)) before.current = from;
          }}
          onBlur={hold(false)}
        >
          <span>{shown.text}</span>
          {shown.action ? (
            <button
              type="button"
              data-testid="toast-action"
              onClick={() => {
                const run = shown.action?.run;
                set(null);
                if (before.current?.isConnected) before.current.focus();
                run?.();
              }}
            >
              {shown.action.label}
              {shown.action.keys ? <Keys keys={shown.action.keys} /> : null}
            </button>
          ) : null}
        </div>
      ) : null}
    </div>
  );
}
