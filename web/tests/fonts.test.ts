import { describe, expect, it } from "vitest";
import { fontOf } from "@/ui/tokens";

const place = (fonts: string, font: string): number => fonts.split(", ").indexOf(font);

describe("the fonts of a language", () => {
  it("are Latin before Chinese in English, as Chinese fonts draw its quotes a full square wide", () => {
    const english = fontOf("en");
    expect(place(english, '"Segoe UI"')).toBeGreaterThan(-1);
    expect(place(english, '"Segoe UI"')).toBeLessThan(place(english, '"PingFang SC"'));
    expect(place(english, "Arial")).toBeLessThan(place(english, '"Noto Sans CJK SC"'));
  });

  it("are those of the design in Chinese", () => {
    expect(place(fontOf("zh-CN"), '"PingFang SC"')).toBe(1);
    expect(place(fontOf("zh-CN"), '"Segoe UI"')).toBe(-1);
  });
});
