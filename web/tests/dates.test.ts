import { afterEach, describe, expect, it } from "vitest";
import { formatDateTime, formatWhen, parseDate, parseDateTime, setLedgerZone } from "@/lib/dates";

// 15:04 on the clock of Shanghai.
const now = new Date("2026-11-21T07:04:00Z");

afterEach(() => setLedgerZone("Asia/Shanghai"));

describe("dates that people type", () => {
  it.each([
    ["2026-3-5", "2026-03-05"],
    ["2026/03/05", "2026-03-05"],
    ["2026.3.5", "2026-03-05"],
    ["2026年3月5日", "2026-03-05"],
    ["20260305", "2026-03-05"],
    ["3-5", "2026-03-05"],
    ["3月5日", "2026-03-05"],
    ["２０２６－３－５", "2026-03-05"],
    ["今天", "2026-11-21"],
    ["明天", "2026-11-22"],
    ["2024-2-29", "2024-02-29"],
    ["2026-2-29", null],
    ["2026-13-1", null],
    ["去年底", null],
  ])("reads %s as %s", (typed, date) => expect(parseDate(typed, now)).toBe(date));

  it("takes today from the ledger's clock, not the computer's", () => {
    const late = new Date("2026-11-20T17:00:00Z");
    expect(parseDate("今天", late)).toBe("2026-11-21");
    expect(parseDate("明天", new Date("2026-12-31T01:00:00Z"))).toBe("2027-01-01");
  });

  it("reads a time of day on the ledger's clock", () => {
    expect(parseDateTime("2026-3-5 9:30", now)).toBe("2026-03-05T09:30:00+08:00");
    expect(parseDateTime("2026-3-5", now)).toBe("2026-03-05T00:00:00+08:00");
    expect(parseDateTime("2026-3-5 25:00", now)).toBeNull();
    setLedgerZone("Europe/Berlin");
    expect(parseDateTime("2026-3-29 1:30", now)).toBe("2026-03-29T01:30:00+01:00");
    expect(parseDateTime("2026-3-29 3:30", now)).toBe("2026-03-29T03:30:00+02:00");
  });

  it("knows China's clock as the browser knows it, also in the years of summer time", () => {
    const zoned = new Intl.DateTimeFormat("sv", {
      timeZone: "Asia/Shanghai",
      dateStyle: "short",
      timeStyle: "short",
    });
    const [first, last] = [Date.UTC(1985, 0, 1), Date.UTC(2040, 0, 1)];
    for (let moment = first; moment < last; moment += 9 * 86_400_000 + 3_723_000) {
      const date = new Date(moment);
      expect(formatDateTime(date.toISOString())).toBe(zoned.format(date));
    }
  });

  it("shows times on the ledger's clock", () => {
    expect(formatDateTime("2026-11-27T02:00:00Z")).toBe("2026-11-27 10:00");
    expect(formatWhen("2026-11-21T01:05:00Z", now)).toBe("09:05");
    expect(formatWhen("2026-10-08T01:05:00Z", now)).toBe("10-08 09:05");
    expect(formatWhen("2025-10-08T01:05:00Z", now)).toBe("2025-10-08");
    expect(formatDateTime("不是时间")).toBe("不是时间");
  });
});
