import { Popover, type PopoverProps } from "antd";
import {
  cloneElement,
  type ReactElement,
  type ReactNode,
  type Ref,
  useImperativeHandle,
  useState,
} from "react";

interface Props extends Pick<PopoverProps, "placement" | "align" | "styles" | "title"> {
  /** What stands in it; a `Panel` keeps the keyboard inside. */
  content: ReactNode;
  /** The button: a press opens it and closes it. */
  children: ReactElement;
  /** For who opens and closes it from elsewhere, too. */
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
}

/** A panel that opens from a button. What antd needs for it comes with the first time that it opens, as of `DropMenu`. */
export function DropPanel({ children, open: given, onOpenChange, ...props }: Props) {
  const [button, setButton] = useState<HTMLElement | null>(null);
  const [own, setOwn] = useState(false);
  const open = given ?? own;
  const [opened, setOpened] = useState(open);
  if (open && !opened) setOpened(true);
  const change = (next: boolean) => {
    setOwn(next);
    onOpenChange?.(next);
  };
  const pressed = {
    ref: setButton,
    onClick: () => change(!open),
    "aria-haspopup": "dialog",
    "aria-expanded": open,
  };
  return (
    <>
      {cloneElement(children, pressed)}
      {opened && button ? (
        <Popover {...props} open={open} onOpenChange={change} trigger="click" arrow={false} destroyOnHidden>
          <Anchor at={button} />
        </Popover>
      ) : null}
    </>
  );
}

/** Stands for the button where antd asks for it; who presses the button is heard above. */
function Anchor({ ref, at }: { ref?: Ref<HTMLElement>; at: HTMLElement }) {
  useImperativeHandle(ref, () => at, [at]);
  return null;
}
