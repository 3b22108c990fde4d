// Dates travel as YYYY-MM-DD, times as ISO 8601 with zone. Both are read and shown on the clock of the ledger,
// wherever the reader sits. Nothing here knows about languages.

interface Clock {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

let zone = "Asia/Shanghai";
let format: Intl.DateTimeFormat | null = null;

/** The ledger's time zone, an IANA name. */
export function setLedgerZone(name: string | null | undefined): void {
  if (!name || name === zone) return;
  zone = name;
  format = null;
}

const pad = (number: number): string => String(number).padStart(2, "0");
const dayText = (clock: Pick<Clock, "year" | "month" | "day">): string =>
  `${clock.year}-${pad(clock.month)}-${pad(clock.day)}`;

/** China's clock has stood eight hours ahead of UTC since summer time ended for good on 15 September 1991. */
const CHINA = { zone: "Asia/Shanghai", since: Date.UTC(1991, 8, 15), ahead: 8 * 3_600_000 };

/** What the ledger's clock shows at a moment. */
function clockAt(date: Date): Clock {
  // Worked out for China: to ask the browser for its zones costs the first page 80 ms.
  if (zone === CHINA.zone && date.getTime() >= CHINA.since) {
    const shown = new Date(date.getTime() + CHINA.ahead);
    return {
      year: shown.getUTCFullYear(),
      month: shown.getUTCMonth() + 1,
      day: shown.getUTCDate(),
      hour: shown.getUTCHours(),
      minute: shown.getUTCMinutes(),
      second: shown.getUTCSeconds(),
    };
  }
  // One for all: making it takes longer than a hundred uses.
  format ??= new Intl.DateTimeFormat("en-u-ca-gregory", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const parts = new Map(format.formatToParts(date).map((part) => [part.type, Number(part.value)]));
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  return {
    year: part("year"),
    month: part("month"),
    day: part("day"),
    hour: part("hour"),
    minute: part("minute"),
    second: part("second"),
  };
}

const asUtc = (clock: Clock): number =>
  Date.UTC(clock.year, clock.month - 1, clock.day, clock.hour, clock.minute, clock.second);

/** Minutes by which the ledger's clock is ahead of UTC at a moment. */
const offsetAt = (moment: number): number => Math.round((asUtc(clockAt(new Date(moment))) - moment) / 60_000);

/** The day on the ledger's calendar at a moment. */
export const ledgerDay = (date: Date = new Date()): string => dayText(clockAt(date));

/** A day some days later, or earlier. */
export function addDays(day: string, count: number): string {
  const [year, month, date] = day.split("-").map(Number) as [number, number, number];
  return onCalendar(year, month, date + count);
}

/** 0 on Sunday … 6 on Saturday. */
export const dayNumber = (day: string): number => new Date(`${day}T00:00:00Z`).getUTCDay();

/** The instant at which a day begins, or a time of it, on the ledger's clock. */
export const instantOf = (day: string, time = "00:00"): string => parseDateTime(`${day} ${time}`) ?? day;

/** The time of day at an instant; "" at midnight, which stands for a day without a time. */
export function timeOf(at: string): string {
  const clock = clockAt(new Date(at));
  return clock.hour + clock.minute === 0 ? "" : `${pad(clock.hour)}:${pad(clock.minute)}`;
}

/** "2026-11-21T15:04:05+08:00" → "2026-11-21 15:04". */
export function formatDateTime(text: string): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return text;
  const clock = clockAt(date);
  return `${dayText(clock)} ${pad(clock.hour)}:${pad(clock.minute)}`;
}

/** A time the way one says it: 15:04 today, 11-20 15:04 this year, else the date. */
export function formatWhen(text: string, now: Date = new Date()): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return text;
  const [then, today] = [clockAt(date), clockAt(now)];
  const time = `${pad(then.hour)}:${pad(then.minute)}`;
  if (dayText(then) === dayText(today)) return time;
  return then.year === today.year ? `${dayText(then).slice(5)} ${time}` : dayText(then);
}

const DAYS: Record<string, number> = {
  今天: 0,
  today: 0,
  明天: 1,
  tomorrow: 1,
  后天: 2,
  昨天: -1,
  yesterday: -1,
};

/**
 * What a person typed → YYYY-MM-DD: 2026-3-5, 2026/3/5, 2026年3月5日, 20260305, 3-5 (this year), 今天, 明天.
 * Null when it is no date of the calendar.
 */
export function parseDate(typed: string, now: Date = new Date()): string | null {
  const text = typed.normalize("NFKC").trim();
  const today = clockAt(now);
  const shift = DAYS[text.toLowerCase()];
  if (shift !== undefined) return onCalendar(today.year, today.month, today.day + shift);
  const full =
    /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(text) ?? /^(\d{4})(\d{2})(\d{2})$/.exec(text);
  if (full) return check(Number(full[1]), Number(full[2]), Number(full[3]));
  const short = /^(\d{1,2})[-/.月](\d{1,2})日?$/.exec(text);
  return short ? check(today.year, Number(short[1]), Number(short[2])) : null;
}

/** A date with an optional time of day on the ledger's clock → ISO 8601 with zone. Null when it is neither. */
export function parseDateTime(typed: string, now: Date = new Date()): string | null {
  const text = typed.normalize("NFKC").trim();
  const match = /^(.*?)(?:[\sT]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?$/.exec(text);
  const date = match ? parseDate(match[1] ?? "", now) : null;
  if (!match || !date) return null;
  const [hour, minute, second] = [Number(match[2] ?? 0), Number(match[3] ?? 0), Number(match[4] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59) return null;
  const [year, month, day] = date.split("-").map(Number) as [number, number, number];
  const wall = asUtc({ year, month, day, hour, minute, second });
  // The offset is that of the moment itself, which the first guess may miss by an hour around a change of clocks.
  const offset = offsetAt(wall - offsetAt(wall) * 60_000);
  const sign = offset < 0 ? "-" : "+";
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  return `${date}T${pad(hour)}:${pad(minute)}:${pad(second)}${sign}${pad(hours)}:${pad(minutes)}`;
}

/** A day of the calendar; days beyond the month's end go on in the next. */
function onCalendar(year: number, month: number, day: number): string {
  const date = new Date(Date.UTC(year, month - 1, day));
  return dayText({ year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() });
}

function check(year: number, month: number, day: number): string | null {
  const date = onCalendar(year, month, day);
  return date === dayText({ year, month, day }) ? date : null;
}
