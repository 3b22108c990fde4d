import { describe, expect, it } from "vitest";
import { formatMoney, formatNumber, parseNumber, shiftPoint } from "@/lib/money";

describe("money as text", () => {
  it.each([
    ["12800", "12,800.00"],
    ["12800.5", "12,800.50"],
    ["0", "0.00"],
    ["-2400.00", "−2,400.00"],
    ["123456789012345678.99", "123,456,789,012,345,678.99"],
    ["•••", "•••"],
    ["", ""],
  ])("shows %s as %s", (value, shown) => expect(formatMoney(value)).toBe(shown));

  it.each([
    ["1280.50", "1280.50"],
    ["￥1,280.50 元", "1280.50"],
    ["１２００", "1200"],
    ["1.28万", "12800"],
    ["86.405 万元", "864050"],
    ["0.5亿", "50000000"],
    ["-2400", "-2400"],
    ["−2400", "-2400"],
    ["007", "7"],
    ["约20", null],
    ["12.3.4", null],
    ["", null],
  ])("reads %s as %s", (typed, value) => expect(parseNumber(typed)).toBe(value));

  it("groups whole numbers and keeps fractions", () => {
    expect(formatNumber(1284)).toBe("1,284");
    expect(formatNumber("1234567.125")).toBe("1,234,567.125");
  });

  it.each([
    ["0.1250", 2, "12.5"],
    ["1", 2, "100"],
    ["0", 2, "0"],
    ["-0.05", 2, "-5"],
    ["12.5", -2, "0.125"],
    ["5", -2, "0.05"],
    ["100", -2, "1"],
    ["很多", -2, "很多"],
  ])("moves the point of %s by %i", (text, places, moved) => expect(shiftPoint(text, places)).toBe(moved));
});
