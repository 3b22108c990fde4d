// Amounts as overviews say them: 8.60 万元, 1.26 亿元, and plain below ten thousand; how many records.
import { plural, t } from "@lingui/core/macro";
import { currentLocale } from "@/i18n";
import { formatMoney, formatNumber, shiftPoint } from "@/lib/money";

/** "86000" → 8.60 万元. English has no such unit and keeps the digits. */
export function sayAmount(text: string): string {
  const whole = /^-?(\d+)/.exec(text.trim())?.[1]?.replace(/^0+/, "").length ?? 0;
  if (currentLocale() === "en" || whole <= 4) return t`${formatMoney(text)} 元`;
  const places = whole > 8 ? 8 : 4;
  const [left = "", right = ""] = formatMoney(shiftPoint(text, -places)).split(".");
  const short = `${left}.${right.slice(0, 2).padEnd(2, "0")}`;
  return places === 8 ? t`${short} 亿元` : t`${short} 万元`;
}

/** 1,284 条; 10,000+ 条 where it was not counted further. */
export function sayCount(count: number, exact = true): string {
  const figure = `${formatNumber(count)}${exact ? "" : "+"}`;
  return plural(count, { other: `${figure} 条` });
}
