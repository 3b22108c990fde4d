// What this window has changed, so that Ctrl+Z takes it back and Ctrl+Y does it again.
import { plural, t } from "@lingui/core/macro";
import { api } from "@/api/calls";
import { cachedCatalog } from "@/api/catalog";
import { announce } from "@/api/events";
import { isOffline } from "@/api/problem";
import { onPersonChange } from "@/api/session";
import type { Id, UndoAnswer, Warning } from "@/api/types";
import { textOf } from "@/i18n";
import { sentenceOf } from "@/ui/errors";
import { dropToast, toast } from "@/ui/toast";

interface Step {
  text: string;
  changesets: Id[];
}

const LONGEST = 100;
const MOST_TOLD = 3;
const done: Step[] = [];
const undone: Step[] = [];

// Whoever signs in next must not take back what the one before has done.
onPersonChange(() => {
  done.length = 0;
  undone.length = 0;
  dropToast();
});

/** What was done, and what is doubtful about it though it was taken: a wrong check digit. */
export function withWarnings(text: string, warnings: Warning[]): string {
  const told = [...new Set(warnings.map((one) => one.message))];
  return told.length > 0 ? `${text}${t`。`}${told.slice(0, MOST_TOLD).join(t`；`)}` : text;
}

/** Remembers a change and says so, with the way back. */
export function recordChange(
  said: string,
  changesets: (Id | null | undefined)[],
  warnings: Warning[] = [],
): void {
  const text = withWarnings(said, warnings);
  const ids = changesets.filter((id): id is Id => id !== null && id !== undefined);
  if (ids.length === 0) {
    toast(text);
    return;
  }
  const step = { text, changesets: ids };
  done.push(step);
  if (done.length > LONGEST) done.shift();
  undone.length = 0;
  toast(text, { label: t`撤销`, keys: "Ctrl Z", run: () => void undoStep(step) });
}

export async function undoLast(): Promise<void> {
  const step = done.at(-1);
  if (!step) return toast(t`没有可以撤销的改动`);
  await undoStep(step);
}

/** Takes back the change that made this change-set; tells whether that worked. */
export async function undoChangeset(id: Id): Promise<boolean> {
  const step = done.findLast((one) => one.changesets.includes(id)) ?? { text: "", changesets: [id] };
  return undoStep(step);
}

export async function redoLast(): Promise<void> {
  const step = undone.pop();
  if (!step) return toast(t`没有可以重做的改动`);
  const made = await takeBack(step, undone);
  if (made) {
    done.push({ text: step.text, changesets: made });
    toast(t`已重做：${step.text}`, { label: t`撤销`, keys: "Ctrl Z", run: () => void undoLast() });
  }
}

async function undoStep(step: Step): Promise<boolean> {
  const at = done.indexOf(step);
  if (at >= 0) done.splice(at, 1);
  const made = await takeBack(step, at >= 0 ? done : []);
  if (made && made.length > 0) {
    undone.push({ text: step.text, changesets: made });
    toast(t`已撤销：${step.text}`, { label: t`重做`, run: () => void redoLast() });
  }
  return made !== null;
}

/**
 * Undoes the change-sets of a step, the newest first; answers the change-sets that this made. A step of which nothing
 * could be undone, as the server is out of reach, goes back to where it was taken from.
 */
async function takeBack(step: Step, from: Step[]): Promise<Id[] | null> {
  const made: Id[] = [];
  try {
    for (const id of [...step.changesets].reverse()) {
      const answer = await api.undo(id);
      if (answer.changeset !== null) made.push(answer.changeset);
      if (answer.conflicts?.length) {
        toast(conflictSentence(answer));
        announce(null);
        return null;
      }
    }
  } catch (error) {
    if (made.length === 0 && isOffline(error)) from.push(step);
    toast(sentenceOf(error));
    return null;
  } finally {
    announce(null);
  }
  return made;
}

/** What an undo left alone, with the names and values that its rehearsal told. */
export const withNames = (answer: UndoAnswer, told: UndoAnswer): UndoAnswer => ({
  ...answer,
  conflicts: answer.conflicts?.map((one) => ({
    ...told.conflicts?.find(
      ({ entity, id, field }) => entity === one.entity && id === one.id && field === one.field,
    ),
    ...one,
  })),
});

/** Why something could not be taken back. */
export const reasonText = (reason: string): string =>
  ({
    changed_since: t`后来又改过`,
    "catalog.changed_later": t`后来又改过`,
    deleted_since: t`后来删掉了`,
    has_children: t`后来有了关联的记录`,
    value_taken: t`原来的值别的记录在用`,
    not_allowed: t`你不能改这一项`,
    exists: t`已经恢复了`,
  })[reason] ?? reason;

/** What could not be taken back, by name, and why. */
export function conflictSentence(answer: UndoAnswer): string {
  const conflicts = answer.conflicts ?? [];
  const entities = cachedCatalog()?.entities ?? [];
  const told = conflicts.slice(0, MOST_TOLD).map((one) => {
    const entity = entities.find((item) => item.key === one.entity);
    const field = entity?.fields.find((item) => item.key === one.field);
    const name = textOf((field ?? entity)?.label);
    const reason = reasonText(one.reason);
    return name ? t`「${name}」${reason}` : reason;
  });
  return `${plural(conflicts.length, { other: "# 处没有撤销" })}${t`：`}${[...new Set(told)].join(t`；`)}`;
}
