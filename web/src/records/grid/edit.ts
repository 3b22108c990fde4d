// Writing into the grid: one cell, a pasted range, a filled or cleared one.
import { plural, t } from "@lingui/core/macro";
import { Problem } from "@/api/problem";
import type { Field, Id, RecordValues, Value } from "@/api/types";
import { referenceByName, targetOf } from "@/fields/references";
import { widgetOf } from "@/fields/registry";
import { isReference, plainText } from "@/fields/widget";
import { textOf } from "@/i18n";
import { sentenceOf } from "@/ui/errors";
import { toast } from "@/ui/toast";
import { inOrder, saveValues } from "../save";
import { recordChange } from "../undo";
import { isEditable } from "./cells";
import type { Row, RowStore } from "./row-store";

const AT_ONCE = 4;
export const LONGEST_PASTE = 1_000;

export interface CellEdit {
  row: number;
  /** The record, where it must stay the same although rows may have moved meanwhile. */
  id?: Id;
  field: Field;
  /** A value, or text still to be read. */
  value?: Value;
  text?: string;
}

const same = (a: Value, b: Value): boolean =>
  isReference(a) && isReference(b)
    ? a.id === b.id
    : JSON.stringify(a ?? null) === JSON.stringify(b ?? null) || (plainText(a) === "" && plainText(b) === "");

/** Reads the text of an edit; references are looked up by name. Undefined when it does not fit the field. */
async function readValue(edit: CellEdit, names: Map<string, Promise<Value>>): Promise<Value | undefined> {
  if (edit.text === undefined) return edit.value;
  const value = widgetOf(edit.field).parse(edit.text, edit.field);
  const type = edit.field.value_type ?? edit.field.type;
  if (value !== undefined || (type !== "relation" && type !== "user")) return value;
  const entity = targetOf(edit.field);
  const key = `${entity}:${edit.text.trim()}`;
  if (!names.has(key)) names.set(key, referenceByName(entity, edit.text));
  return (await names.get(key)) ?? undefined;
}

/** Applies edits: shown at once, saved row by row, taken back where the server refuses. */
export async function applyEdits(store: RowStore, edits: CellEdit[]): Promise<void> {
  const names = new Map<string, Promise<Value>>();
  const perRow = new Map<Id, { row: Row; values: RecordValues; fields: Field[] }>();
  const refused: string[] = [];
  try {
    for (const edit of edits) {
      const row = edit.id === undefined ? store.row(edit.row) : store.find(edit.id);
      if (!row || !isEditable(edit.field, row.values[edit.field.key])) continue;
      const value = await readValue(edit, names);
      if (value === undefined) {
        refused.push(t`「${edit.text ?? ""}」不能写进「${textOf(edit.field.label)}」`);
        continue;
      }
      if (same(row.values[edit.field.key], value)) continue;
      const entry = perRow.get(row.id) ?? { row, values: {}, fields: [] };
      entry.values[edit.field.key] = value;
      entry.fields.push(edit.field);
      perRow.set(row.id, entry);
    }
  } catch (error) {
    return toast(sentenceOf(error));
  }
  const work = [...perRow.values()];
  for (const { row, values } of work) store.patch(row.id, null, values);

  const changesets: (Id | null)[] = [];
  let saved = 0;
  const next = async (): Promise<void> => {
    const item = work.shift();
    if (!item) return;
    const failure = await saveRow(store, item.row, item.values, (changeset) => {
      changesets.push(changeset);
      saved += 1;
    });
    if (failure) refused.push(failure);
    return next();
  };
  const fields = [...perRow.values()].flatMap((item) => item.fields);
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  report(fields, saved, changesets, refused);
}

async function saveRow(
  store: RowStore,
  row: Row,
  values: RecordValues,
  saved: (changeset: Id | null) => void,
): Promise<string | null> {
  const before: RecordValues = {};
  for (const key of Object.keys(values)) before[key] = row.values[key];
  try {
    const answer = await inOrder(`${store.entity}:${row.id}`, () =>
      saveValues(store.entity, row.id, store.find(row.id)?.revision ?? row.revision, values),
    );
    if (!answer) {
      store.patch(row.id, null, before);
      return null;
    }
    const shown = Object.fromEntries(
      Object.entries(answer.record).filter(([key]) => store.query.select.includes(key)),
    );
    store.patch(row.id, answer.revision, shown);
    saved(answer.changeset);
    return null;
  } catch (error) {
    store.patch(row.id, null, before);
    const field = error instanceof Problem ? error.errors[0] : undefined;
    return field?.message ?? sentenceOf(error);
  }
}

function report(fields: Field[], saved: number, changesets: (Id | null)[], refused: string[]): void {
  if (saved > 0) {
    const first = fields[0];
    const text =
      fields.length === 1 && first
        ? t`已改「${textOf(first.label)}」`
        : plural(saved, { other: "已改 # 行" });
    recordChange(refused.length > 0 ? `${text}，${notTaken(refused)}` : text, changesets);
  } else if (refused.length > 0) toast(notTaken(refused));
}

function notTaken(refused: string[]): string {
  const [first = ""] = refused;
  return refused.length === 1 ? first : `${plural(refused.length, { other: "# 处没有写进去" })}：${first}`;
}
