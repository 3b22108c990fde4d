import { describe, expect, it } from "vitest";
import { formatWhen, parseDate, parseDateTime } from "@/lib/dates";

const now = new Date(2026, 10, 21, 15, 4);

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

  it("reads a time of day and keeps the reader's zone", () => {
    const text = parseDateTime("2026-3-5 9:30", now);
    expect(text).toMatch(/^2026-03-05T09:30:00[+-]\d\d:\d\d$/);
    expect(new Date(text ?? "").getTime()).toBe(new Date(2026, 2, 5, 9, 30).getTime());
    expect(parseDateTime("2026-3-5 25:00", now)).toBeNull();
  });

  it("tells times the short way", () => {
    expect(formatWhen(new Date(2026, 10, 21, 9, 5).toISOString(), now)).toBe("09:05");
    expect(formatWhen(new Date(2026, 9, 8, 9, 5).toISOString(), now)).toBe("10-08 09:05");
    expect(formatWhen(new Date(2025, 9, 8, 9, 5).toISOString(), now)).toBe("2025-10-08");
  });
});
