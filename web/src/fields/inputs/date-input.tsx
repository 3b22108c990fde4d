import { DatePicker } from "antd";
import dayjs from "dayjs";
import { formatDateTime, parseDateTime } from "@/lib/dates";
import { type InputProps, isEmpty, plainText } from "../widget";

const read = (text: string) => {
  const date = dayjs(text);
  return date.isValid() ? date : null;
};

export function DateInput({ value, onChange, onDone, id, autoFocus }: InputProps) {
  return (
    <DatePicker
      id={id}
      autoFocus={autoFocus}
      style={{ width: "100%" }}
      format={["YYYY-MM-DD", "YYYY-M-D", "YYYY/M/D", "YYYYMMDD", "YYYY年M月D日"]}
      value={isEmpty(value) ? null : read(plainText(value))}
      onChange={(date) => {
        onChange(date ? date.format("YYYY-MM-DD") : null);
        onDone?.();
      }}
    />
  );
}

/** Shows and takes the time of the ledger's clock; the picker itself knows no zones. */
export function DateTimeInput({ value, onChange, onDone, id, autoFocus }: InputProps) {
  return (
    <DatePicker
      id={id}
      autoFocus={autoFocus}
      style={{ width: "100%" }}
      showTime={{ format: "HH:mm" }}
      format={["YYYY-MM-DD HH:mm", "YYYY-M-D H:mm", "YYYY-MM-DD"]}
      value={isEmpty(value) ? null : read(formatDateTime(plainText(value)))}
      onChange={(date) => {
        onChange(date ? parseDateTime(date.format("YYYY-MM-DD HH:mm")) : null);
        onDone?.();
      }}
    />
  );
}
