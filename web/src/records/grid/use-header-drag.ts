// A column that is dragged by the mouse, to another place or to another width, goes back at Escape. The grid itself
// knows no way back: it is told that the mouse was let go far away, and the real end of the drag is kept from it.
import { type RefObject, useEffect, useMemo, useRef } from "react";

export interface HeaderDrag {
  /** The mouse is down on a header. */
  isOn: () => boolean;
  /** This drag was given up. */
  isGivenUp: () => boolean;
}

const FAR_AWAY = { clientX: -1, clientY: -1, button: 0, pointerType: "mouse", bubbles: true };

export function useHeaderDrag(host: RefObject<HTMLElement | null>, headerHeight: number): HeaderDrag {
  const state = useRef<"none" | "on" | "given up">("none");
  useEffect(() => {
    const box = host.current;
    if (!box) return;
    const onDown = (event: PointerEvent) => {
      const isHeader = event.clientY - box.getBoundingClientRect().top < headerHeight;
      state.current = event.button === 0 && isHeader ? "on" : "none";
    };
    const onUp = (event: PointerEvent) => {
      if (!event.isTrusted) return;
      if (state.current === "given up") event.stopImmediatePropagation();
      state.current = "none";
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || state.current !== "on") return;
      event.preventDefault();
      event.stopImmediatePropagation();
      state.current = "given up";
      document.body.dispatchEvent(new PointerEvent("pointerup", FAR_AWAY));
    };
    box.addEventListener("pointerdown", onDown, true);
    window.addEventListener("pointerup", onUp, true);
    window.addEventListener("pointercancel", onUp, true);
    window.addEventListener("keydown", onKey, true);
    return () => {
      box.removeEventListener("pointerdown", onDown, true);
      window.removeEventListener("pointerup", onUp, true);
      window.removeEventListener("pointercancel", onUp, true);
      window.removeEventListener("keydown", onKey, true);
    };
  }, [host, headerHeight]);
  return useMemo(
    () => ({ isOn: () => state.current === "on", isGivenUp: () => state.current === "given up" }),
    [],
  );
}
