import { expect, test } from "vitest";
import { asked, readNarrow } from "@/features/history/narrow";

test("an address narrows the change-sets, and nonsense in it does not", () => {
  const narrow = readNarrow({ person: 3, origin: "import", entity: "customer", days: 7, x: 1 });
  expect(asked(narrow, "2026-11-28")).toMatchObject({ actor: "3", origin: "import", entity: "customer" });
  expect(new Date(asked(narrow, "2026-11-28").since ?? "").getTime()).toBe(
    new Date("2026-11-22T00:00:00+08:00").getTime(),
  );
  expect(readNarrow({ person: "3", origin: 1, days: -1 })).toEqual({});
});
