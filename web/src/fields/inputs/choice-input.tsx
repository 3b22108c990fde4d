import { t } from "@lingui/core/macro";
import { Select } from "antd";
import type { Value } from "@/api/types";
import { optionChoices } from "../options";
import { type InputProps, isEmpty } from "../widget";
import { useTyped } from "./use-typed";

/** One of the options of a field. */
export function SelectInput({ field, value, onChange, onDone, id, autoFocus, typed }: InputProps) {
  const [text, setText] = useTyped(typed);
  return (
    <Select
      id={id}
      autoFocus={autoFocus}
      defaultOpen={autoFocus}
      allowClear
      style={{ width: "100%" }}
      showSearch={{ optionFilterProp: "label", searchValue: text, onSearch: setText }}
      options={optionChoices(field)}
      value={isEmpty(value) ? undefined : String(value)}
      onChange={(next: string | undefined) => {
        onChange(next ?? null);
        onDone?.();
      }}
    />
  );
}

/** Several options; of tags also new words. */
export function TagsInput({ field, value, onChange, id, autoFocus }: InputProps) {
  return (
    <Select
      id={id}
      autoFocus={autoFocus}
      defaultOpen={autoFocus}
      mode={field.type === "tags" ? "tags" : "multiple"}
      style={{ width: "100%" }}
      showSearch={{ optionFilterProp: "label" }}
      options={optionChoices(field)}
      value={listOf(value)}
      onChange={(next: string[]) => onChange(next.length ? next : null)}
    />
  );
}

const listOf = (value: Value): string[] => (Array.isArray(value) ? value.map(String) : []);

/** Yes, no, or not known. */
export function BooleanInput({ value, onChange, onDone, id, autoFocus }: InputProps) {
  return (
    <Select
      id={id}
      autoFocus={autoFocus}
      allowClear
      style={{ width: "100%" }}
      options={[
        { value: "yes", label: t`是` },
        { value: "no", label: t`否` },
      ]}
      value={isEmpty(value) ? undefined : value ? "yes" : "no"}
      onChange={(next: string | undefined) => {
        onChange(next === undefined ? null : next === "yes");
        onDone?.();
      }}
    />
  );
}
