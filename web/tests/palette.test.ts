import { expect, test } from "vitest";
import type { SearchHit } from "@/api/types";
import { noteOf } from "@/app/shell/palette-entries";

const hit = (...texts: string[]): SearchHit => ({
  entity: "customer",
  id: 1,
  title: "宁波宏远贸易",
  subtitle: "2026-OTH-031",
  matched: texts.map((text) => ({ field: "x", text })),
});

test("a hit says by what it was found, unless its name or code says so", () => {
  expect(noteOf(hit("15926018159"))).toBe("15926018159 · 2026-OTH-031");
  expect(noteOf(hit("宁波宏远贸易", "2026-OTH-031"))).toBe("2026-OTH-031");
  expect(noteOf({ ...hit(), subtitle: null })).toBeUndefined();
});
