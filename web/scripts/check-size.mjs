// Fails when the first page of the app needs more than its budget (JavaScript and CSS, gzip -9).
import fs from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";

const DIST = "dist";
const FIRST_ROUTE = {
  name: "ledger list",
  entries: ["index.html", "src/records/list/list-page.tsx"],
  limit: 400_000,
};
const ANY_ROUTE_LIMIT = 450_000;

const manifest = JSON.parse(fs.readFileSync(path.join(DIST, ".vite/manifest.json"), "utf8"));

function closure(keys, seen = new Set()) {
  for (const key of keys) {
    if (seen.has(key)) continue;
    if (!manifest[key]) throw new Error(`${key} is not in the manifest`);
    seen.add(key);
    closure(manifest[key].imports ?? [], seen);
  }
  return seen;
}

function weigh(keys) {
  const files = new Set();
  for (const key of closure(keys)) {
    files.add(manifest[key].file);
    for (const css of manifest[key].css ?? []) files.add(css);
  }
  return [...files]
    .filter((file) => /\.(js|css)$/.test(file))
    .reduce((sum, file) => sum + gzipSync(fs.readFileSync(path.join(DIST, file)), { level: 9 }).length, 0);
}

let failed = false;
function report(name, size, limit) {
  const ok = size <= limit;
  failed ||= !ok;
  console.log(`${ok ? "ok  " : "OVER"} ${name}: ${(size / 1000).toFixed(0)} kB gzip (limit ${limit / 1000})`);
}

report(FIRST_ROUTE.name, weigh(FIRST_ROUTE.entries), FIRST_ROUTE.limit);
for (const key of Object.keys(manifest)) {
  if (manifest[key].isDynamicEntry && key.endsWith("-page.tsx"))
    report(key, weigh(["index.html", key]), ANY_ROUTE_LIMIT);
}
process.exit(failed ? 1 : 0);
