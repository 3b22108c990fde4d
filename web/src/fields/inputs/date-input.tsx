import { DatePicker } from "antd";
import dayjs from "dayjs";
import { withZone } from "@/lib/dates";
import { type InputProps, isEmpty, plainText } from "../widget";

const read = (value: InputProps["value"]) => {
  const date = isEmpty(value) ? null : dayjs(plainText(value));
  return date?.isValid() ? date : null;
};

export function DateInput({ value, onChange, onDone, id, autoFocus }: InputProps) {
  return (
    <DatePicker
      id={id}
      autoFocus={autoFocus}
      style={{ width: "100%" }}
      format={["YYYY-MM-DD", "YYYY-M-D", "YYYY/M/D", "YYYYMMDD", "YYYY年M月D日"]}
      value={read(value)}
      onChange={(date) => {
        onChange(date ? date.format("YYYY-MM-DD") : null);
        onDone?.();
      }}
    />
  );
}

export function DateTimeInput({ value, onChange, onDone, id, autoFocus }: InputProps) {
  return (
    <DatePicker
      id={id}
      autoFocus={autoFocus}
      style={{ width: "100%" }}
      showTime={{ format: "HH:mm" }}
      format={["YYYY-MM-DD HH:mm", "YYYY-M-D H:mm", "YYYY-MM-DD"]}
      value={read(value)}
      onChange={(date) => {
        onChange(date ? withZone(date.toDate()) : null);
        onDone?.();
      }}
    />
  );
}
