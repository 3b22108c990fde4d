import { t } from "@lingui/core/macro";
import { Input } from "antd";
import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";

/** Searches the whole list while one types, but not in the middle of a composition. */
export function SearchBox({
  value,
  wide,
  onChange,
}: {
  value: string;
  wide?: boolean;
  onChange: (text: string) => void;
}) {
  const [text, setText] = useState(value);
  const composing = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setText(value), [value]);
  const later = (next: string) => {
    clearTimeout(timer.current);
    if (!composing.current) timer.current = setTimeout(() => onChange(next.trim()), 200);
  };
  return (
    <Input
      allowClear
      style={{ width: wide ? "100%" : 220 }}
      prefix={<Search size={14} />}
      placeholder={t`名称、拼音、手机后四位`}
      aria-label={t`在这张列表里找`}
      data-testid="list-search"
      value={text}
      onCompositionStart={() => {
        composing.current = true;
      }}
      onCompositionEnd={(event) => {
        composing.current = false;
        later(event.currentTarget.value);
      }}
      onChange={(event) => {
        setText(event.target.value);
        later(event.target.value);
      }}
    />
  );
}
