// Days as people say them: 今天, 下周一 11-23, 逾期 2 天; and the days that one may propose for the next contact.
import { plural, t } from "@lingui/core/macro";
import { currentLocale } from "@/i18n";
import { addDays, dayNumber, ledgerDay } from "@/lib/dates";

/** 周一 … 周日 of YYYY-MM-DD. */
export function weekdayName(day: string): string {
  return [t`周日`, t`周一`, t`周二`, t`周三`, t`周四`, t`周五`, t`周六`][dayNumber(day)] ?? "";
}

/** 初八, 十月: the day of the Chinese calendar, with its month if asked. Only Chinese readers look for it. */
export function lunarDay(day: string, whole = false): string {
  if (currentLocale() !== "zh-CN") return "";
  const format = new Intl.DateTimeFormat("zh-CN-u-ca-chinese", {
    month: "long",
    day: "numeric",
    timeZone: "UTC",
  });
  const parts = format.formatToParts(new Date(`${day}T12:00:00Z`));
  const number = Number(parts.find((part) => part.type === "day")?.value);
  const month = parts.find((part) => part.type === "month")?.value ?? "";
  if (!Number.isInteger(number) || number < 1 || number > 30) return "";
  if (number === 1 && !whole) return month;
  return `${whole ? month : ""}${lunarNumber(number)}`;
}

function lunarNumber(number: number): string {
  const digits = "一二三四五六七八九十";
  if (number <= 10) return `初${digits[number - 1]}`;
  if (number < 20) return `十${digits[number - 11]}`;
  if (number === 20) return "二十";
  return number === 30 ? "三十" : `廿${digits[number - 21]}`;
}

/** Monday of the week of a day. */
export const mondayOf = (day: string): string => addDays(day, -((dayNumber(day) + 6) % 7));

export const daysBetween = (from: string, to: string): number =>
  Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);

/** A day near today by its name, others as 11-23 or 2025-11-23. */
export function sayDay(day: string, today: string = ledgerDay()): string {
  const away = daysBetween(today, day);
  if (away === 0) return t`今天`;
  if (away === 1) return t`明天`;
  if (away === -1) return t`昨天`;
  const short = day.slice(0, 4) === today.slice(0, 4) ? day.slice(5) : day;
  if (away < 0 || away > 13) return short;
  const weeks = daysBetween(mondayOf(today), mondayOf(day)) / 7;
  if (weeks > 1) return short;
  const name = weekdayName(day);
  return weeks === 1 ? t`下${name} ${short}` : `${name} ${short}`;
}

/** A sentence with a day in it: 写于今天, but 写于 11-23; Chinese parts only from digits by a space. */
export const closeUp = (text: string): string =>
  text.replace(/(?<=\p{Script=Han}) (?=[今明昨]天|下?周[一二三四五六日])/gu, "");

/** A deadline: 逾期 2 天, 今天 15:00, 明天, 下周一 11-23. `at` is an instant. */
export function sayDue(at: string, now: Date = new Date()): { text: string; late: boolean } {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return { text: at, late: false };
  const [day, today] = [ledgerDay(date), ledgerDay(now)];
  const late = daysBetween(day, today);
  if (late > 0) return { text: plural(late, { other: "逾期 # 天" }), late: true };
  return { text: sayDay(day, today), late: false };
}

export interface Proposal {
  key: string;
  label: string;
  day: string;
}

/** 明天, 下周一, 下周五, 月底: each moved to a day that is worked. `rest` holds the days that are not. */
export function proposeDays(today: string, rest: ReadonlySet<string>): Proposal[] {
  const worked = (day: string, step: number): string => {
    let at = day;
    for (let tries = 0; rest.has(at) && tries < 30; tries += 1) at = addDays(at, step);
    return at;
  };
  const monday = addDays(mondayOf(today), 7);
  const month = `${today.slice(0, 7)}-01`;
  const nextMonth = addDays(month, 32).slice(0, 7);
  let end = worked(addDays(`${nextMonth}-01`, -1), -1);
  if (end <= today) end = worked(addDays(`${addDays(`${nextMonth}-01`, 32).slice(0, 7)}-01`, -1), -1);
  const found: Proposal[] = [
    { key: "tomorrow", label: t`明天`, day: worked(addDays(today, 1), 1) },
    { key: "monday", label: t`下周一`, day: worked(monday, 1) },
    { key: "friday", label: t`下周五`, day: worked(addDays(monday, 4), -1) },
    { key: "month", label: t`月底`, day: end },
  ];
  // A name that no longer fits its day gives way to the day itself.
  return found
    .filter((one, at) => found.findIndex((other) => other.day === one.day) === at)
    .map((one) => (one.key === "month" ? one : { ...one, label: sayDay(one.day, today) }));
}
