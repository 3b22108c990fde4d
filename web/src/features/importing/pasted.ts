// What is pasted instead of dropped: a range of cells, a table of a page, or messages of several people. Becomes a file
// like any other: how it is read, mapped and checked does not differ.
import type { Recognised } from "@/api/types";
import { formatTsv } from "@/lib/tsv";

/** Most messages that are taken at once. */
export const MOST_BLOCKS = 100;

/** A pasted range or table as tab-separated text; null when it is none. */
export function tableOf(text: string, html: string): string | null {
  const lines = text.split(/\r?\n/).filter((line) => line.trim());
  if (lines.length > 1 && lines.filter((line) => line.includes("\t")).length * 2 > lines.length) return text;
  if (!/<table[\s>]/i.test(html)) return null;
  const table = new DOMParser().parseFromString(html, "text/html").querySelector("table");
  const rows = [...(table?.rows ?? [])].map((row) =>
    [...row.cells].map((cell) => cell.textContent?.trim() ?? ""),
  );
  return rows.length > 1 && rows.some((row) => row.length > 1) ? formatTsv(rows) : null;
}

// Who wrote a copied message, and when: 沈亦舟: or 沈亦舟 2026/3/5 10:20 on a line of its own.
const SENDER =
  /^[^\n:：]{1,24}(?:[:：]\s*|\s+(?:\d{4}[-/年.]\d{1,2}[-/月.]\d{1,2}日?\s+)?(?:上午|下午|昨天|今天)?\s*\d{1,2}:\d{2}(?::\d{2})?\s*)$/;

/** The messages of a pasted text: parted by empty lines, the lines with senders left out. */
export const blocksOf = (text: string): string[] =>
  text
    .split(/\r?\n\s*\r?\n/)
    .map((block) =>
      block
        .split(/\r?\n/)
        .filter((line) => !SENDER.test(line.trim()))
        .join("\n")
        .trim(),
    )
    .filter(Boolean);

export interface Read {
  found: Recognised[];
  rest: string[];
}

const PATHS: Record<string, string> = {
  customer: "",
  contact: "contacts.",
  address: "addresses.",
  safety_note: "safety_notes.",
};
const REMARK = "remark";

/** One row per message under the targets of an import; what found no field stands in the remark. A message that says
 * nothing but words is left out; one that names nobody comes along, so that the check tells it. Null: no message says
 * anything. */
export function rowsOf(reads: Read[]): { targets: string[]; rows: string[][] } | null {
  const records = reads.map(recordOf).filter((record) => Object.keys(record).some((key) => key !== REMARK));
  if (records.length === 0) return null;
  const targets = [...new Set(["name", ...records.flatMap((record) => Object.keys(record))])].sort(
    (a, b) => rank(a) - rank(b),
  );
  return { targets, rows: records.map((record) => targets.map((target) => record[target] ?? "")) };
}

const rank = (target: string) =>
  target === "name" ? 0 : target === REMARK ? 3 : target.includes(".") ? 2 : 1;

function recordOf({ found, rest }: Read): Record<string, string> {
  const record: Record<string, string> = {};
  const left = [...rest];
  for (const { entity, field, value } of found) {
    const path = PATHS[entity];
    if (path === undefined || field === "region" || field === "source") {
      if (field !== "region") left.push(value);
      continue;
    }
    const target = `${path}${field}`;
    if (record[target] === undefined) record[target] = value;
    else left.push(value);
  }
  const person = record["contacts.name"];
  if (!record.name && person) {
    // Nobody but a person is named: then it is the customer himself.
    record.name = person;
    delete record["contacts.name"];
    const position = record["contacts.position"];
    if (position) left.push(position);
    delete record["contacts.position"];
  }
  if (left.length > 0) record[REMARK] = left.join("；");
  return record;
}
