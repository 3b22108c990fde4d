import { Dropdown, type DropdownProps } from "antd";
import {
  cloneElement,
  type KeyboardEvent,
  type MouseEvent,
  type MouseEventHandler,
  type ReactElement,
  type ReactNode,
  type Ref,
  type RefObject,
  useEffect,
  useImperativeHandle,
  useRef,
  useState,
} from "react";
import { focusSoon, useFocusBack } from "./focus";

// What fits neither to the left nor to the right of its button, as a calendar on a phone, moves until it is seen whole.
const IN_WINDOW = { overflow: { shiftX: true, adjustX: true, adjustY: true } };

type Press = MouseEvent<HTMLElement>;

interface Props extends Omit<DropdownProps, "children" | "trigger"> {
  ref?: Ref<HTMLElement>;
  trigger?: ["click"] | ["contextMenu"];
  /** The button: it takes a click, or a right click, and says that it has a menu. */
  children: ReactElement;
}

/**
 * A menu that opens from a button: arrow keys and Enter work at once, and the button has the focus again after.
 *
 * What antd needs for it comes with the first press. A page has dozens of menus that nobody opens, and each takes a
 * slow computer some ten milliseconds.
 */
export function DropMenu({ ref, trigger = ["click"], children, popupRender, onOpenChange, ...props }: Props) {
  const [first, setFirst] = useState<{ press: Press; button: HTMLElement } | null>(null);
  const [isOpen, setIsOpen] = useState(false);
  const pressed = useRef<MouseEventHandler>(null);
  const on = trigger[0] === "click" ? "onClick" : "onContextMenu";
  const press = (event: Press) => {
    (children.props as Partial<Record<string, MouseEventHandler>>)[on]?.(event);
    if (on === "onContextMenu") event.preventDefault();
    if (pressed.current) pressed.current(event);
    else setFirst({ press: event, button: event.currentTarget });
  };
  const given = {
    [on]: press,
    "aria-haspopup": "menu",
    "aria-expanded": props.open ?? isOpen,
    ...(ref ? { ref } : {}),
  };
  return (
    <>
      {cloneElement(children, given)}
      {first ? (
        <Dropdown
          align={IN_WINDOW}
          {...props}
          trigger={trigger}
          destroyOnHidden
          onOpenChange={(open, info) => {
            setIsOpen(open);
            onOpenChange?.(open, info);
          }}
          popupRender={(menu) => <Held>{popupRender ? popupRender(menu) : menu}</Held>}
        >
          <Anchor {...first} on={on} pressed={pressed} />
        </Dropdown>
      ) : null}
    </>
  );
}

interface AnchorProps {
  ref?: Ref<HTMLElement>;
  press: Press;
  button: HTMLElement;
  on: "onClick" | "onContextMenu";
  pressed: RefObject<MouseEventHandler | null>;
  onClick?: MouseEventHandler;
  onContextMenu?: MouseEventHandler;
}

/** Stands for the button where antd asks for it, and hands it the presses, beginning with the first. */
function Anchor({ ref, press, button, pressed, on, ...handlers }: AnchorProps) {
  useImperativeHandle(ref, () => button, [button]);
  useEffect(() => {
    pressed.current = handlers[on] ?? null;
  });
  useEffect(() => queueMicrotask(() => pressed.current?.(press)), [press, pressed]);
  return null;
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
