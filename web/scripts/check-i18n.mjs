// Fails when a text in the code is missing from the catalogues, or English lacks a translation.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const ROOT = "src/i18n";
const files = () =>
  fs
    .readdirSync(ROOT, { recursive: true })
    .filter((name) => String(name).endsWith(".po"))
    .map((name) => path.join(ROOT, String(name)));
const messages = (text) => text.replace(/^"POT-Creation-Date.*\n/m, "");

const before = new Map(files().map((file) => [file, fs.readFileSync(file, "utf8")]));
execFileSync(process.execPath, ["node_modules/@lingui/cli/dist/lingui.js", "extract", "--clean"], {
  stdio: "pipe",
});

const faults = [];
for (const file of files()) {
  const now = fs.readFileSync(file, "utf8");
  const was = before.get(file);
  if (messages(now) !== messages(was ?? "")) faults.push(`${file} was out of date (now extracted again)`);
  else fs.writeFileSync(file, was);
  if (!file.includes(`${path.sep}en${path.sep}`)) continue;
  for (const [, id] of now.matchAll(/\nmsgid (".+")\nmsgstr ""\n(?!")/g))
    faults.push(`${file}: no English for ${id}`);
}
for (const fault of faults) console.error(fault);
console.log(faults.length ? `${faults.length} faults` : "translations complete");
process.exit(faults.length ? 1 : 0);
