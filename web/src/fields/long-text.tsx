import { Input } from "antd";
import { plainText, type Widget } from "./widget";

export const widget: Widget = {
  types: ["long_text"],
  width: 260,
  inCell: "text",
  operators: ["contains", "not_contains", "empty", "not_empty"],
  text: (value) => plainText(value).replace(/\s*\n\s*/g, " "),
  edit: plainText,
  parse: (text) => text.trim() || null,
  Input: ({ value, onChange, id, autoFocus }) => (
    <Input.TextArea
      id={id}
      autoFocus={autoFocus}
      autoSize={{ minRows: 2, maxRows: 8 }}
      value={plainText(value)}
      onChange={(event) => onChange(event.target.value || null)}
    />
  ),
};
