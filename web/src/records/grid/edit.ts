// Writing into the grid: one cell, a pasted range, a filled or cleared one. Several rows are one change-set.
import { plural, t } from "@lingui/core/macro";
import { api } from "@/api/calls";
import { announce } from "@/api/events";
import { Problem } from "@/api/problem";
import type { BatchBody, Field, Id, RecordValues, Value, Warning } from "@/api/types";
import { referenceByName, targetOf } from "@/fields/references";
import { widgetOf, wireValues } from "@/fields/registry";
import { isReference, plainText } from "@/fields/widget";
import { textOf } from "@/i18n";
import { sentenceOf } from "@/ui/errors";
import { toast } from "@/ui/toast";
import { faultOf } from "../fault";
import { inOrder, saveValues } from "../save";
import { recordChange } from "../undo";
import { isEditable } from "./cells";
import type { RowStore } from "./row-store";

const AT_ONCE = 500;
const TRIES = 20;
export const LONGEST_PASTE = 1_000;

/** What is to be written into a field: a value, or text still to be read. */
export interface Content {
  field: Field;
  value?: Value;
  text?: string;
}
/** Of a record, by its id: rows may move at any time. */
export interface CellEdit extends Content {
  id: Id;
  revision: number;
}

interface RowEdit {
  /** Null: a record to be made. */
  id: Id | null;
  revision: number;
  values: RecordValues;
  fields: Field[];
}

const same = (a: Value, b: Value): boolean =>
  isReference(a) && isReference(b)
    ? a.id === b.id
    : JSON.stringify(a ?? null) === JSON.stringify(b ?? null) || (plainText(a) === "" && plainText(b) === "");

/** Reads text; references are looked up by name. Undefined when it does not fit the field. */
async function readContent(content: Content, names: Map<string, Promise<Value>>): Promise<Value | undefined> {
  if (content.text === undefined) return content.value;
  const value = widgetOf(content.field).parse(content.text, content.field);
  const type = content.field.value_type ?? content.field.type;
  if (value !== undefined || (type !== "relation" && type !== "user")) return value;
  const entity = targetOf(content.field);
  const key = `${entity}:${content.text.trim()}`;
  if (!names.has(key)) names.set(key, referenceByName(entity, content.text));
  return (await names.get(key)) ?? undefined;
}

/** Applies edits and makes new records: shown at once, saved together, taken back where the server refuses. */
export async function applyEdits(store: RowStore, edits: CellEdit[], added: Content[][] = []): Promise<void> {
  const names = new Map<string, Promise<Value>>();
  const perRow = new Map<Id, RowEdit>();
  const made: RowEdit[] = [];
  const refused: string[] = [];
  const read = async (content: Content): Promise<Value | undefined> => {
    const value = await readContent(content, names);
    if (value === undefined)
      refused.push(t`「${content.text ?? ""}」不能写进「${textOf(content.field.label)}」`);
    return value;
  };
  try {
    for (const edit of edits) {
      const row = store.find(edit.id);
      const before = row?.values[edit.field.key];
      if (!isEditable(edit.field, before)) continue;
      const value = await read(edit);
      if (value === undefined || (row && same(before, value))) continue;
      const entry = perRow.get(edit.id) ?? { id: edit.id, revision: edit.revision, values: {}, fields: [] };
      entry.values[edit.field.key] = value;
      entry.fields.push(edit.field);
      perRow.set(edit.id, entry);
    }
    for (const contents of added) {
      const entry: RowEdit = { id: null, revision: 0, values: {}, fields: [] };
      for (const content of contents) {
        if (!isEditable(content.field, null)) continue;
        const value = await read(content);
        if (value === undefined || value === null) continue;
        entry.values[content.field.key] = value;
        entry.fields.push(content.field);
      }
      if (entry.fields.length > 0) made.push(entry);
    }
  } catch (error) {
    return toast(sentenceOf(error));
  }
  const work = [...perRow.values()];
  const before = new Map(work.map((row) => [row, shown(store, row)]));
  for (const { id, values } of work) if (id !== null) store.patch(id, null, values);
  const takeBack = (row: RowEdit) => {
    const values = before.get(row);
    if (row.id !== null && values) store.patch(row.id, null, values);
  };

  const outcome: Outcome = { saved: 0, made: 0, changesets: [], refused, warnings: [] };
  const [first] = work;
  if (work.length === 1 && made.length === 0 && first) await saveAlone(store, first, takeBack, outcome);
  else {
    const all = [...work, ...made];
    for (let at = 0; at < all.length; at += AT_ONCE)
      await saveTogether(store, all.slice(at, at + AT_ONCE), takeBack, outcome);
  }
  report(work.length === 1 ? (first?.fields ?? []) : [], outcome);
}

interface Outcome {
  saved: number;
  made: number;
  changesets: (Id | null)[];
  refused: string[];
  warnings: Warning[];
}

function shown(store: RowStore, { id, values }: RowEdit): RecordValues {
  const now = id === null ? undefined : store.find(id)?.values;
  return Object.fromEntries(Object.keys(values).map((key) => [key, now?.[key]]));
}

/** One row: a conflict with somebody else is asked about. */
async function saveAlone(
  store: RowStore,
  row: RowEdit,
  takeBack: (row: RowEdit) => void,
  outcome: Outcome,
): Promise<void> {
  const id = row.id as Id;
  try {
    const answer = await inOrder(`${store.entity}:${id}`, () =>
      saveValues(store.entity, id, store.find(id)?.revision ?? row.revision, row.values),
    );
    if (!answer) return takeBack(row);
    const kept = Object.entries(answer.record).filter(([key]) => store.query.select.includes(key));
    store.patch(id, answer.revision, Object.fromEntries(kept));
    outcome.changesets.push(answer.changeset);
    outcome.saved += 1;
    outcome.warnings.push(...answer.warnings);
  } catch (error) {
    takeBack(row);
    outcome.refused.push(faultOf(error));
  }
}

/** Many rows as one change-set. What the server refuses is left out and told; the rest is tried again. */
async function saveTogether(
  store: RowStore,
  rows: RowEdit[],
  takeBack: (row: RowEdit) => void,
  outcome: Outcome,
): Promise<void> {
  let left = rows;
  const contested: RowEdit[] = [];
  for (let attempt = 0; left.length > 0; attempt++) {
    try {
      const answer = await api.batch(store.entity, bodyOf(store, left));
      for (const { id, revision } of answer.updated) store.patch(id, revision, {});
      outcome.changesets.push(answer.changeset);
      outcome.saved += answer.updated.length;
      outcome.made += answer.created.length;
      outcome.warnings.push(...answer.warnings);
      announce(
        store.entity,
        [...answer.updated, ...answer.created].map(({ id }) => id),
      );
      break;
    } catch (error) {
      const faults = error instanceof Problem ? error.errors : [];
      const bad = new Set(faults.map((item) => item.row).filter((row) => row !== undefined));
      if (bad.size === 0 || attempt >= TRIES) {
        left.forEach(takeBack);
        outcome.refused.push(faultOf(error));
        break;
      }
      const isConflict = error instanceof Problem && error.status === 409;
      for (const item of isConflict ? [] : faults) outcome.refused.push(item.message);
      const goes = left.filter((_, at) => bad.has(at));
      if (isConflict) contested.push(...goes.filter((row) => row.id !== null));
      else goes.forEach(takeBack);
      left = left.filter((_, at) => !bad.has(at));
    }
  }
  for (const row of contested) await saveAlone(store, row, takeBack, outcome);
}

/** The body of a batch: its rows are numbered with the updates first, as they are sent. */
function bodyOf(store: RowStore, rows: RowEdit[]): BatchBody {
  const body: Required<BatchBody> = { update: [], create: [] };
  for (const { id, revision, values } of rows)
    if (id === null) body.create.push(wireValues(values));
    else body.update.push({ id, revision: store.find(id)?.revision ?? revision, set: wireValues(values) });
  return body;
}

function report(fields: Field[], { saved, made, changesets, refused, warnings }: Outcome): void {
  const [first] = fields;
  const parts = [
    saved === 1 && fields.length === 1 && first
      ? t`已改「${textOf(first.label)}」`
      : saved > 0
        ? plural(saved, { other: "已改 # 行" })
        : "",
    made > 0 ? plural(made, { other: "新建 # 行" }) : "",
    refused.length > 0 ? notTaken(refused) : "",
  ].filter(Boolean);
  if (saved + made > 0) recordChange(parts.join(t`，`), changesets, warnings);
  else if (parts.length > 0) toast(parts.join(t`，`));
}

function notTaken(refused: string[]): string {
  const [first = ""] = refused;
  return refused.length === 1
    ? first
    : `${plural(refused.length, { other: "# 处没有写进去" })}${t`：`}${first}`;
}
