import { Dropdown, type DropdownProps } from "antd";
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";
import { focusSoon, useFocusBack } from "./focus";

// What fits neither to the left nor to the right of its button, as a calendar on a phone, moves until it is seen whole.
const IN_WINDOW = { overflow: { shiftX: true, adjustX: true, adjustY: true } };

/** A menu that opens from a button: arrow keys and Enter work at once, and the button has the focus again after. */
export function DropMenu({ popupRender, ...props }: DropdownProps) {
  return (
    <Dropdown
      align={IN_WINDOW}
      {...props}
      destroyOnHidden
      popupRender={(menu) => <Held>{popupRender ? popupRender(menu) : menu}</Held>}
    />
  );
}

function Held({ children }: { children: ReactNode }) {
  useFocusBack();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // Who comes with the mouse sees no line chosen beforehand.
    const byKey = document.activeElement?.matches(":focus-visible");
    return focusSoon(() => {
      const menu = box.current?.querySelector<HTMLElement>("[role=menu]");
      if (menu?.contains(document.activeElement)) return document.activeElement as HTMLElement;
      return (
        (byKey && menu?.querySelector<HTMLElement>("[role^=menuitem]:not([aria-disabled=true])")) || menu
      );
    });
  }, []);
  // The Enter that picks a line must not also press what has the focus after it, such as a field to rename.
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.target as HTMLElement).role?.startsWith("menuitem"))
      event.preventDefault();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the menu inside is what is used
    <div ref={box} onKeyDown={onKeyDown}>
      {children}
    </div>
  );
}
