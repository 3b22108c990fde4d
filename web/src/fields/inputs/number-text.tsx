import { Input } from "antd";
import { useState } from "react";
import { parseNumber } from "@/lib/money";
import { type InputProps, plainText } from "../widget";

/** A number as text: what is typed stays as typed until the field is left, then it is read. */
export function NumberText({ value, onChange, id, autoFocus, suffix }: InputProps & { suffix?: string }) {
  const [draft, setDraft] = useState<string | null>(null);
  return (
    <Input
      id={id}
      autoFocus={autoFocus}
      autoComplete="off"
      inputMode="decimal"
      suffix={suffix}
      value={draft ?? plainText(value)}
      onChange={(event) => {
        const text = event.target.value;
        setDraft(text);
        // What cannot be read goes on as it is: the server names the fault next to the field.
        onChange(text.trim() === "" ? null : (parseNumber(text) ?? text));
      }}
      onBlur={() => setDraft(null)}
    />
  );
}
