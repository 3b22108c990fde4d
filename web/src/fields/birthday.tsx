import { t } from "@lingui/core/macro";
import { Input } from "antd";
import type { Value } from "@/api/types";
import { currentLocale } from "@/i18n";
import { parseDate } from "@/lib/dates";
import { plainText, type Widget } from "./widget";

// As the server keeps them: 1990-05-20, --05-20 without the year, lunar:1990-04-26, lunar:1990-L05-03 in a leap month.
const KEPT = /^(lunar:)?(\d{4}|-)-(L?)(\d{2})-(\d{2})$/;
const YEARLESS = /^(?:--)?(\d{1,2})[-/.月](\d{1,2})[日号]?$/;
const LUNAR = /^(农历|阴历|旧历|lunar)/i;
const MONTHS = ["", "正", "二", "三", "四", "五", "六", "七", "八", "九", "十", "冬", "腊"];
const DIGITS = ["十", "一", "二", "三", "四", "五", "六", "七", "八", "九"];

/** The word for a day of a lunar month: 初一, 十五, 廿六, 三十. */
function dayWord(day: number): string {
  if (day % 10 === 0) return ["", "初十", "二十", "三十"][day / 10] ?? String(day);
  return `${["初", "十", "廿", "三十"][Math.floor(day / 10)]}${DIGITS[day % 10]}`;
}

/** As one says it: 1990-05-20, 5月20日, 农历四月廿六. What is still being typed stays as it is. */
function birthdayText(value: Value): string {
  const text = plainText(value);
  const found = KEPT.exec(text);
  if (!found) return text;
  const [, lunar, year = "-", leap, month = "", day = ""] = found;
  const hasYear = year !== "-";
  if (currentLocale() === "en")
    return `${lunar ? "lunar " : ""}${hasYear ? `${year}-` : ""}${leap}${month}-${day}`;
  if (!lunar) return hasYear ? text : `${Number(month)}月${Number(day)}日`;
  return `农历${hasYear ? `${year}年` : ""}${leap ? "闰" : ""}${MONTHS[Number(month)]}月${dayWord(Number(day))}`;
}

function parse(typed: string): Value | undefined {
  const text = typed.normalize("NFKC").trim();
  if (text === "") return null;
  if (KEPT.test(text) || LUNAR.test(text)) return text; // the server knows the Chinese calendar
  const yearless = YEARLESS.exec(text);
  if (!yearless) return /^\d{4}/.test(text) ? (parseDate(text) ?? undefined) : undefined;
  const [month = "", day = ""] = yearless.slice(1).map((part) => part.padStart(2, "0"));
  // Of a leap year, as somebody may be born on its last day of February.
  return parseDate(`2000-${month}-${day}`) ? `--${month}-${day}` : undefined;
}

export const widget: Widget = {
  types: ["birthday"],
  width: 130,
  inCell: "text",
  operators: ["eq", "ne", "empty", "not_empty"],
  text: birthdayText,
  parse,
  Input: ({ value, onChange, id, autoFocus }) => (
    <Input
      id={id}
      autoFocus={autoFocus}
      autoComplete="off"
      placeholder={t`1990-05-20、5月20日、农历四月廿六`}
      value={birthdayText(value)}
      onChange={(event) => onChange(event.target.value || null)}
    />
  ),
};
