// The keyboard goes into what opens over a page, and back to where it was when that is gone.
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";

const FOCUSABLE =
  ":is(a[href], button:enabled, input:enabled, textarea:enabled, [tabindex]):not([tabindex='-1'])";
const LAYERS = ".ant-modal-wrap, .ant-drawer, .ant-popover, .ant-dropdown";
const POPUPS = ["popover", "dropdown", "select-dropdown", "picker-dropdown", "cascader-dropdown"];
const OPEN = [".ant-modal-wrap", ...POPUPS.map((name) => `.ant-${name}:not(.ant-${name}-hidden)`)].join();

/** Is a dialog, a menu or another popup open? Keys are its own then: Escape closes the topmost thing only. */
export const hasLayer = (): boolean => document.querySelector(OPEN) !== null;

/** Where the keyboard last was on the page itself; what opened from a layer that is gone leads back there. */
let onPage: Element | null = null;

/** For a component that is there only while it is open: when it goes, the focus returns to where it was before. */
export function useFocusBack(): void {
  const [before] = useState(() => {
    const now = document.activeElement;
    if (now && now !== document.body && !now.closest(LAYERS)) onPage = now;
    return now;
  });
  useEffect(
    () => () => {
      // Whoever has gone on to another place keeps it.
      if (document.activeElement && document.activeElement !== document.body) return;
      const back = before?.isConnected && before !== document.body ? before : onPage;
      if (back instanceof HTMLElement && back.isConnected) back.focus({ preventScroll: true });
    },
    [before],
  );
}

const stopsOf = (box: HTMLElement | null): HTMLElement[] =>
  [...(box?.querySelectorAll<HTMLElement>(FOCUSABLE) ?? [])].filter((one) => one.checkVisibility());

const PATIENCE_MS = 2_000;

/** Focuses what is found once it can have the focus: a popup cannot until it has been laid out. Stops when called. */
export function focusSoon(find: () => HTMLElement | null | undefined): () => void {
  const until = performance.now() + PATIENCE_MS;
  let frame = 0;
  const attempt = () => {
    const found = find();
    found?.focus({ preventScroll: true });
    if (performance.now() < until && !(found && found === document.activeElement))
      frame = requestAnimationFrame(attempt);
  };
  attempt();
  return () => cancelAnimationFrame(frame);
}

/** As the ref of a box: what can be filled in or pressed first gets the keyboard when the box comes. */
export function focusFirst(box: HTMLElement | null): void {
  if (!box?.contains(document.activeElement)) stopsOf(box)[0]?.focus({ preventScroll: true });
}

/** What a popover holds: it has the keyboard as long as it is open, Tab stays within it. */
export function Panel({ children }: { children: ReactNode }) {
  useFocusBack();
  const box = useRef<HTMLDivElement>(null);
  useEffect(
    () =>
      focusSoon(() => {
        const now = document.activeElement;
        return box.current?.contains(now) ? (now as HTMLElement) : stopsOf(box.current)[0];
      }),
    [],
  );
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Tab") return;
    event.stopPropagation(); // a menu would close
    const all = stopsOf(box.current);
    const [edge, next] = event.shiftKey ? [all[0], all.at(-1)] : [all.at(-1), all[0]];
    if (document.activeElement !== edge) return;
    event.preventDefault();
    next?.focus();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only keeps Tab within
    <div ref={box} onKeyDown={onKeyDown}>
      {children}
    </div>
  );
}
