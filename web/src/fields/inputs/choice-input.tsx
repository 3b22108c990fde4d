import { t } from "@lingui/core/macro";
import { Select } from "antd";
import type { Value } from "@/api/types";
import { optionChoices } from "../options";
import { type InputProps, isEmpty } from "../widget";

/** One of the options of a field. */
export function SelectInput({ field, value, onChange, onDone, id, autoFocus, typed }: InputProps) {
  return (
    <Select
      id={id}
      autoFocus={autoFocus}
      defaultOpen={autoFocus}
      allowClear
      style={{ width: "100%" }}
      showSearch={{ optionFilterProp: "label" }}
      options={optionsMatching(optionChoices(field), typed)}
      value={isEmpty(value) ? undefined : String(value)}
      onChange={(next: string | undefined) => {
        onChange(next ?? null);
        onDone?.();
      }}
    />
  );
}

/** Options that fit what was typed on the cell come first. */
function optionsMatching(options: { value: string; label: string }[], typed = "") {
  const text = typed.trim().toLowerCase();
  if (!text) return options;
  const fits = (option: { label: string }) => option.label.toLowerCase().includes(text);
  return [...options.filter(fits), ...options.filter((option) => !fits(option))];
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
