// Dates travel as YYYY-MM-DD, times as ISO 8601 with zone. Reading what people type, and writing short forms.

const pad = (number: number): string => String(number).padStart(2, "0");

export const isoDate = (date: Date): string =>
  `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;

/** "2026-11-21T15:04:05+08:00" → "2026-11-21 15:04" in the reader's zone. */
export function formatDateTime(text: string): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return text;
  return `${isoDate(date)} ${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

/** A time the way one says it: 15:04 today, 11-20 15:04 this year, else the date. */
export function formatWhen(text: string, now: Date = new Date()): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return text;
  const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}`;
  if (isoDate(date) === isoDate(now)) return clock;
  if (date.getFullYear() === now.getFullYear()) return `${isoDate(date).slice(5)} ${clock}`;
  return isoDate(date);
}

/**
 * What a person typed → YYYY-MM-DD: 2026-3-5, 2026/3/5, 2026年3月5日, 20260305, 3-5 (this year), 今天, 明天.
 * Null when it is no date of the calendar.
 */
export function parseDate(typed: string, now: Date = new Date()): string | null {
  const text = typed.normalize("NFKC").trim();
  const shift = { 今天: 0, today: 0, 明天: 1, tomorrow: 1, 后天: 2, 昨天: -1, yesterday: -1 }[
    text.toLowerCase()
  ];
  if (shift !== undefined) return isoDate(new Date(now.getFullYear(), now.getMonth(), now.getDate() + shift));
  const full =
    /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(text) ?? /^(\d{4})(\d{2})(\d{2})$/.exec(text);
  if (full) return check(Number(full[1]), Number(full[2]), Number(full[3]));
  const short = /^(\d{1,2})[-/.月](\d{1,2})日?$/.exec(text);
  return short ? check(now.getFullYear(), Number(short[1]), Number(short[2])) : null;
}

/** A date with an optional time of day → ISO 8601 with the reader's zone. Null when it is neither. */
export function parseDateTime(typed: string, now: Date = new Date()): string | null {
  const text = typed.normalize("NFKC").trim();
  const match = /^(.*?)(?:[\sT]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?$/.exec(text);
  const day = match ? parseDate(match[1] ?? "", now) : null;
  if (!match || !day) return null;
  const [hour, minute, second] = [Number(match[2] ?? 0), Number(match[3] ?? 0), Number(match[4] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59) return null;
  const [year, month, date] = day.split("-").map(Number) as [number, number, number];
  return withZone(new Date(year, month - 1, date, hour, minute, second));
}

/** ISO 8601 with the offset of the reader's zone. */
export function withZone(date: Date): string {
  const offset = -date.getTimezoneOffset();
  const sign = offset < 0 ? "-" : "+";
  const zone = `${sign}${pad(Math.floor(Math.abs(offset) / 60))}:${pad(Math.abs(offset) % 60)}`;
  return `${isoDate(date)}T${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}${zone}`;
}

function check(year: number, month: number, day: number): string | null {
  const date = new Date(year, month - 1, day);
  const real = date.getFullYear() === year && date.getMonth() === month - 1 && date.getDate() === day;
  return real ? isoDate(date) : null;
}
