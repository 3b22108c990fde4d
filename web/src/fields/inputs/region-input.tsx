import { Cascader } from "antd";
import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import { byLikeness, type Division, divisionPath, divisionTree, isCalled, likeliest } from "../regions";
import { type InputProps, isEmpty, plainText } from "../widget";

/** Province, city, county; each level may be the answer. Typing finds them by name, and Enter takes the first. */
export function RegionInput({ value, onChange, onDone, id, autoFocus }: InputProps) {
  const tree = useMemo(divisionTree, []);
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  // Since something was typed, the arrow keys have gone to one of the proposals: Enter takes that one.
  const isMoved = useRef(false);
  const choose = (code: string | null) => {
    setTyped("");
    onChange(code);
    onDone?.();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") isMoved.current = true;
    if (event.key !== "Enter" || !typed.trim() || isMoved.current) return;
    const path = likeliest(tree, typed.trim());
    event.preventDefault();
    event.stopPropagation();
    if (!path) return;
    setOpen(false);
    choose(path.at(-1)?.value ?? null);
  };
  return (
    <div onKeyDownCapture={onKey}>
      <Cascader
        id={id}
        autoFocus={autoFocus}
        allowClear
        changeOnSelect
        style={{ width: "100%" }}
        open={open}
        onOpenChange={setOpen}
        showSearch={{
          searchValue: typed,
          onSearch: (text) => {
            isMoved.current = false;
            setTyped(text);
          },
          filter: (text, path) => isCalled(text.trim(), path as Division[]),
          sort: (a, b, text) => byLikeness(text.trim())(a as Division[], b as Division[]),
        }}
        options={tree}
        value={isEmpty(value) ? undefined : divisionPath(plainText(value))}
        onChange={(path) => choose((path as string[] | undefined)?.at(-1) ?? null)}
      />
    </div>
  );
}
