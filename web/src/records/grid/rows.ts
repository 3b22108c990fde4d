// The lines of a grid: records, and above each group of them a line of its own. Nothing else counts lines.
import type { Id, Value } from "@/api/types";
import type { Row, RowStore } from "./row-store";

export interface RowGroup {
  key: string;
  label: string;
  value: Value;
  count: number;
  /** Sums by field, as text. */
  sums: Record<string, string>;
}

interface Block {
  group: RowGroup;
  /** The line of the group itself. */
  line: number;
  /** The number of its first record in the whole list. */
  first: number;
  /** How many of its records are shown: none while it is folded. */
  shown: number;
}

export class Rows {
  readonly store: RowStore;
  readonly length: number;
  readonly grouped: boolean;
  readonly isFolded: (group: RowGroup) => boolean;
  private readonly blocks: Block[] = [];

  constructor(store: RowStore, groups: RowGroup[] | null, folded: ReadonlySet<string>) {
    this.store = store;
    this.grouped = groups !== null;
    this.isFolded = (group) => folded.has(group.key);
    if (!groups) {
      this.length = store.totals.rows;
      return;
    }
    let line = 0;
    let first = 0;
    for (const group of groups) {
      const shown = folded.has(group.key) ? 0 : group.count;
      this.blocks.push({ group, line, first, shown });
      line += 1 + shown;
      first += group.count;
    }
    this.length = line;
  }

  /** The group whose own line this is. */
  group(line: number): RowGroup | undefined {
    const block = this.blockAt(line);
    return block?.line === line ? block.group : undefined;
  }

  /** The number of the record in the whole list; undefined for the line of a group. */
  index(line: number): number | undefined {
    if (!this.grouped) return line >= 0 && line < this.length ? line : undefined;
    const block = this.blockAt(line);
    if (!block || block.line === line) return undefined;
    return block.first + line - block.line - 1;
  }

  at(line: number): Row | undefined {
    const index = this.index(line);
    return index === undefined ? undefined : this.store.row(index);
  }

  /** The line on which the record with this number stands; of a folded group its own line. */
  line(index: number): number {
    if (!this.grouped) return index;
    const block = this.blocks.findLast((item) => item.first <= index);
    if (!block) return 0;
    return block.shown > 0 ? block.line + 1 + index - block.first : block.line;
  }

  /** The line of a record that is loaded. */
  lineOf(id: Id): number | undefined {
    const index = this.store.indexOf(id);
    if (index === undefined) return undefined;
    const line = this.line(index);
    return this.index(line) === index ? line : undefined;
  }

  /** Reads the records that stand on these lines. */
  show(from: number, to: number): void {
    const lines = [Math.max(0, from), Math.min(Math.max(to, 0), Math.max(this.length - 1, 0))] as const;
    const first = this.nearest(lines[0], 1) ?? this.nearest(lines[0], -1) ?? 0;
    const last = this.nearest(lines[1], -1) ?? first;
    this.store.show(first, Math.max(first, last));
  }

  private nearest(line: number, step: number): number | undefined {
    for (let at = line; at >= 0 && at < this.length; at += step) {
      const index = this.index(at);
      if (index !== undefined) return index;
    }
    return undefined;
  }

  private blockAt(line: number): Block | undefined {
    let [low, high] = [0, this.blocks.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.blocks[middle] as Block).line <= line) low = middle;
      else high = middle - 1;
    }
    const block = this.blocks[low];
    return block && line >= block.line && line <= block.line + block.shown ? block : undefined;
  }
}
