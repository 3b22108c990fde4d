// Names of the administrative divisions of China, from the same table that the server reads. Loaded beside the
// catalog, once; until then a code shows as it is.

export interface Division {
  value: string;
  label: string;
  children?: Division[];
}

const LARGE: Record<string, [string, string]> = {
  north_china: ["华北", "North China"],
  northeast_china: ["东北", "Northeast China"],
  east_china: ["华东", "East China"],
  central_china: ["华中", "Central China"],
  south_china: ["华南", "South China"],
  southwest_china: ["西南", "Southwest China"],
  northwest_china: ["西北", "Northwest China"],
  hk_macao_taiwan: ["港澳台", "Hong Kong, Macao, Taiwan"],
};

let names = new Map<string, string>();
let current: string[] = [];

/**
 * Reads "code name" lines. Those of [former] are dissolved, with what they belong to today behind the name: shown, but
 * not offered. Those of [renamed] are earlier names of divisions, for reading addresses: not shown.
 */
export function readDivisions(text: string): void {
  names = new Map();
  current = [];
  let section = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("[")) section = line.trim();
    const match = /^(\d{6}) (\D+)(?: \d{6})?$/.exec(line.trim());
    if (!match || section === "[renamed]") continue;
    const [, code = "", name = ""] = match;
    names.set(code, name);
    if (section === "[current]") current.push(code);
  }
}

/** Reads the table; the answer is the number of divisions known. */
export async function loadDivisions(): Promise<number> {
  if (names.size > 0) return names.size;
  const table = await import("../../../src/kehu/base/common/data/regions.txt?raw");
  readDivisions(table.default);
  return names.size;
}

/** The codes from the province down to the division itself. */
export function divisionPath(code: string): string[] {
  const steps = [`${code.slice(0, 2)}0000`, `${code.slice(0, 4)}00`, code];
  return [...new Set(steps)].filter((step) => names.has(step));
}

/** 330106 → 浙江省杭州市西湖区. Text that is no known code comes back as it is. */
export function divisionName(code: string): string {
  const large = LARGE[code];
  if (large) return large[0];
  return names.has(code)
    ? divisionPath(code)
        .map((step) => names.get(step))
        .join("")
    : code;
}

/** The tree of provinces, cities and counties for choosing one. */
export function divisionTree(): Division[] {
  const nodes = new Map<string, Division>();
  const roots: Division[] = [];
  for (const code of [...current].sort()) {
    const node: Division = { value: code, label: names.get(code) ?? code };
    nodes.set(code, node);
    const above = divisionPath(code).at(-2);
    const parent = above ? nodes.get(above) : undefined;
    if (parent) {
      parent.children ??= [];
      parent.children.push(node);
    } else roots.push(node);
  }
  return roots;
}

/** Whether a division, or one that it belongs to, is called so. */
export const isCalled = (typed: string, path: Division[]): boolean =>
  path.some(({ label }) => label.includes(typed));

/** What one most likely means comes first: names that begin so, the larger division before the smaller. */
export function byLikeness(typed: string): (a: Division[], b: Division[]) => number {
  const worth = (path: Division[]): number => (path.at(-1)?.label.startsWith(typed) ? 0 : 10) + path.length;
  return (a, b) => worth(a) - worth(b);
}

/** The division that one most likely means, from the province down; null when none is called so. */
export function likeliest(tree: Division[], typed: string): Division[] | null {
  const every = (divisions: Division[], above: Division[]): Division[][] =>
    divisions.flatMap((one) => [[...above, one], ...every(one.children ?? [], [...above, one])]);
  return (
    every(tree, [])
      .filter((path) => isCalled(typed, path))
      .sort(byLikeness(typed))[0] ?? null
  );
}
