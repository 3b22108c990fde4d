import { Input } from "antd";
import { plainText, type Widget } from "./widget";

export const widget: Widget = {
  types: [
    "text",
    "autonumber",
    "phone",
    "cn_mobile",
    "email",
    "url",
    "address",
    "cn_id_card",
    "bank_account",
    "cn_credit_code",
  ],
  width: 160,
  inCell: "text",
  operators: ["contains", "eq", "starts_with", "ends_with", "ne", "not_contains", "empty", "not_empty"],
  text: plainText,
  parse: (text) => text.trim() || null,
  Input: ({ value, onChange, id, autoFocus }) => (
    <Input
      id={id}
      autoFocus={autoFocus}
      autoComplete="off"
      value={plainText(value)}
      onChange={(event) => onChange(event.target.value || null)}
    />
  ),
};
