import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

// A folder imports only from itself and from folders to its right.
const ORDER = ["app", "features", "records", "fields", "ui", "i18n", "api", "lib"];
const SAME_BAND = new Set(["features"]);

const files = (folder: string): string[] =>
  fs
    .readdirSync(folder, { withFileTypes: true, recursive: true })
    .flatMap((entry) =>
      entry.isFile() && /\.tsx?$/.test(entry.name) ? [path.join(entry.parentPath, entry.name)] : [],
    );

it("imports point in one direction, and features do not know each other", () => {
  const faults: string[] = [];
  for (const file of files("src")) {
    const [band, feature] = path.relative("src", file).split(path.sep);
    if (!band || !ORDER.includes(band)) continue;
    for (const [, fixed, lazy] of fs
      .readFileSync(file, "utf8")
      .matchAll(/from "@\/([^"]+)"|import\("@\/([^"]+)"\)/g)) {
      const target = fixed ?? lazy ?? "";
      const [to, part] = target.split("/");
      if (!to || !ORDER.includes(to)) continue;
      const wrong = ORDER.indexOf(to) < ORDER.indexOf(band);
      const neighbour = to === band && SAME_BAND.has(band) && part !== feature;
      if (wrong || neighbour) faults.push(`${file} imports ${target}`);
    }
  }
  expect(faults).toEqual([]);
});
