// Writing into the grid: one cell, a pasted range, a filled or cleared one. Several rows are one change-set.
import { plural, t } from "@lingui/core/macro";
import { api } from "@/api/calls";
import { randomKey } from "@/api/client";
import { announce } from "@/api/events";
import { isOffline, isSignedOut, Problem } from "@/api/problem";
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
import { drop, type Held, type HeldRow, held, hold } from "./held";
import type { RowStore } from "./row-store";

const AT_ONCE = 500;
const TRIES = 20;
const MOST_TOLD = 3;
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

interface RowEdit extends HeldRow {
  fields: Field[];
  /** Which of several rows it is, as its reader counts; empty where it is the only one. */
  name: string;
}
/** The rows that are shown, as far as saving needs them. */
type Shown = Pick<RowStore, "entity" | "find" | "patch">;

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
  const isOne = added.length === 0 && new Set(edits.map(({ id }) => id)).size === 1;
  const read = async (content: Content, name: string): Promise<Value | undefined> => {
    const value = await readContent(content, names);
    if (value === undefined)
      refused.push(named(name, t`「${content.text ?? ""}」不能写进「${textOf(content.field.label)}」`));
    return value;
  };
  try {
    for (const edit of edits) {
      const row = store.find(edit.id);
      const before = row?.values[edit.field.key];
      if (!isEditable(edit.field, before)) continue;
      const at = store.indexOf(edit.id);
      const name = isOne || at === undefined ? "" : t`第 ${at + 1} 行`;
      const value = await read(edit, name);
      if (value === undefined || (row && same(before, value))) continue;
      const { id, revision } = edit;
      const entry = perRow.get(id) ?? { id, revision, values: {}, fields: [], name };
      entry.values[edit.field.key] = value;
      entry.fields.push(edit.field);
      perRow.set(edit.id, entry);
    }
    for (const [at, contents] of added.entries()) {
      const name = t`新的第 ${at + 1} 行`;
      const entry: RowEdit = { id: null, revision: 0, values: {}, fields: [], name };
      for (const content of contents) {
        if (!isEditable(content.field, null)) continue;
        const value = await read(content, name);
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

  const outcome: Outcome = { saved: 0, made: 0, held: 0, changesets: [], refused, warnings: [] };
  const [first] = work;
  if (work.length === 1 && made.length === 0 && first) await saveAlone(store, first, takeBack, outcome);
  else {
    const all = [...work, ...made];
    for (let at = 0; at < all.length; at += AT_ONCE)
      await saveTogether(store, all.slice(at, at + AT_ONCE), takeBack, outcome);
  }
  report(work.length === 1 ? (first?.fields ?? []) : [], outcome);
}

/** Saves what was written while the server was out of reach. What is still out of reach goes on waiting. */
export async function sendHeld(): Promise<void> {
  if (isSending) return;
  isSending = true;
  const outcome: Outcome = { saved: 0, made: 0, held: 0, changesets: [], refused: [], warnings: [] };
  try {
    for (const one of held()) {
      const rows = one.rows.map((row) => ({ ...row, fields: [], name: "" }));
      const nowhere: Shown = { entity: one.entity, find: () => undefined, patch: () => undefined };
      await saveTogether(nowhere, rows, () => undefined, outcome, one);
      if (outcome.held > 0) break;
    }
  } finally {
    isSending = false;
  }
  if (outcome.held === 0) report([], outcome);
}
let isSending = false;

interface Outcome {
  saved: number;
  made: number;
  /** How many rows wait until the server is within reach. */
  held: number;
  /** They wait for somebody to sign in again. */
  signedOut?: boolean;
  changesets: (Id | null)[];
  refused: string[];
  warnings: Warning[];
}

function shown(store: Shown, { id, values }: RowEdit): RecordValues {
  const now = id === null ? undefined : store.find(id)?.values;
  return Object.fromEntries(Object.keys(values).map((key) => [key, now?.[key]]));
}

/** One row: a conflict with somebody else is asked about. */
async function saveAlone(
  store: Shown & Partial<Pick<RowStore, "query">>,
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
    const kept = Object.entries(answer.record).filter(([key]) => store.query?.select.includes(key));
    store.patch(id, answer.revision, Object.fromEntries(kept));
    outcome.changesets.push(answer.changeset);
    outcome.saved += 1;
    outcome.warnings.push(...answer.warnings);
  } catch (error) {
    if (mustWait(error)) return putAside(store, [row], outcome, error);
    takeBack(row);
    outcome.refused.push(named(row.name, faultOf(error)));
  }
}

/** The server is out of reach, or one did not sign in again: what was written waits in this browser. */
const mustWait = (error: unknown): boolean => isOffline(error) || isSignedOut(error);

/** Keeps rows until they can be saved; they stay as they are shown. */
function putAside(store: Shown, rows: RowEdit[], outcome: Outcome, error: unknown, key?: string): void {
  hold(
    store.entity,
    rows.map(({ id, revision, values }) => ({
      id,
      revision: (id === null ? undefined : store.find(id)?.revision) ?? revision,
      values,
    })),
    key,
  );
  outcome.held += rows.length;
  outcome.signedOut = isSignedOut(error);
}

/**
 * Many rows as one change-set. What the server refuses is left out and told; the rest is tried again. What was `kept` is
 * forgotten once there is an answer: a page that is closed before must not lose it.
 */
async function saveTogether(
  store: Shown,
  rows: RowEdit[],
  takeBack: (row: RowEdit) => void,
  outcome: Outcome,
  kept?: Held,
): Promise<void> {
  const key = kept?.key ?? randomKey();
  let left = rows;
  const contested: RowEdit[] = [];
  for (let attempt = 0; left.length > 0; attempt++) {
    try {
      const answer = await api.batch(store.entity, bodyOf(store, left), attempt === 0 ? key : undefined);
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
      if (mustWait(error)) {
        if (kept) drop(kept);
        putAside(store, left, outcome, error, attempt === 0 ? key : undefined);
        kept = undefined;
        break;
      }
      const faults = error instanceof Problem ? error.errors : [];
      const bad = new Set(faults.map((item) => item.row).filter((row) => row !== undefined));
      if (bad.size === 0 || attempt >= TRIES) {
        left.forEach(takeBack);
        outcome.refused.push(faultOf(error));
        break;
      }
      const isConflict = error instanceof Problem && error.status === 409;
      for (const item of isConflict ? [] : faults)
        outcome.refused.push(named(left[item.row ?? -1]?.name ?? "", item.message));
      const goes = left.filter((_, at) => bad.has(at));
      if (isConflict) contested.push(...goes.filter((row) => row.id !== null));
      else goes.forEach(takeBack);
      left = left.filter((_, at) => !bad.has(at));
    }
  }
  if (kept) drop(kept);
  for (const row of contested) await saveAlone(store, row, takeBack, outcome);
}

/** The body of a batch: its rows are numbered with the updates first, as they are sent. */
function bodyOf(store: Shown, rows: RowEdit[]): BatchBody {
  const body: Required<BatchBody> = { update: [], create: [] };
  for (const { id, revision, values } of rows)
    if (id === null) body.create.push(wireValues(values));
    else body.update.push({ id, revision: store.find(id)?.revision ?? revision, set: wireValues(values) });
  return body;
}

function report(
  fields: Field[],
  { saved, made, held: waiting, signedOut, changesets, refused, warnings }: Outcome,
): void {
  const [first] = fields;
  const parts = [
    saved === 1 && fields.length === 1 && first
      ? t`已改「${textOf(first.label)}」`
      : saved > 0
        ? plural(saved, { other: "已改 # 行" })
        : "",
    made > 0 ? plural(made, { other: "新建 # 行" }) : "",
    waiting > 0 ? whyWaiting(signedOut) : "",
    refused.length > 0 ? notTaken(refused) : "",
  ].filter(Boolean);
  if (saved + made > 0) recordChange(parts.join(t`，`), changesets, warnings);
  else if (parts.length > 0) toast(parts.join(t`，`));
}

const whyWaiting = (signedOut: boolean | undefined): string =>
  signedOut
    ? t`登录过期了，写的先存在这台设备上，再登录后自动保存`
    : t`连不上服务器，写的先存在这台设备上，连上后自动保存`;

const named = (name: string, fault: string): string => (name ? `${name}${t`：`}${fault}` : fault);

function notTaken(refused: string[]): string {
  const told = [...new Set(refused)];
  const some = told.slice(0, MOST_TOLD).join(t`；`);
  if (refused.length === 1) return some;
  const rest = told.length > MOST_TOLD ? "…" : "";
  return `${plural(refused.length, { other: "# 处没有写进去" })}${t`：`}${some}${rest}`;
}
