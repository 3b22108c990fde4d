import { t } from "@lingui/core/macro";
import { Button, Radio } from "antd";
import { useState } from "react";
import type { TakenBack, UndoAnswer, UndoConflict } from "@/api/types";
import { Conflict, keyOf, UndoOutcome } from "./undo-outcome";

type Choice = "stay" | "back" | "each";

/** So many conflicts an answer names at most; if there may be more, only all of them can be decided. */
const NAMED = 1_000;
/** So many can be decided one by one; the rehearsal tells the values of no more. */
const SHOWN = 100;

const isOpen = (conflict: UndoConflict): conflict is UndoConflict & { field: string } =>
  conflict.reason === "changed_since" && conflict.field !== null;

/** What of the fields that somebody changed since goes back all the same. */
export function takenBack(
  conflicts: UndoConflict[],
  choice: Choice,
  taken: ReadonlySet<string>,
): boolean | TakenBack[] {
  if (choice === "stay") return false;
  if (choice === "back" && conflicts.length >= NAMED) return true;
  return conflicts
    .filter(isOpen)
    .filter((one) => choice === "back" || taken.has(keyOf(one)))
    .map(({ entity, id, field, changeset }) => ({ entity, id, field, changeset }));
}

interface Props {
  title: string;
  answer: UndoAnswer;
  busy: boolean;
  onUndo: (takeBack: boolean | TakenBack[]) => void;
  onCancel: () => void;
}

/** The rehearsal of an undo: its numbers, and what becomes of each value that was changed since. */
export function UndoPlan({ title, answer, busy, onUndo, onCancel }: Props) {
  const [choice, setChoice] = useState<Choice>("stay");
  const [taken, setTaken] = useState<ReadonlySet<string>>(new Set());
  const conflicts = answer.conflicts ?? [];
  const open = conflicts.filter(isOpen);
  const take = (key: string, isTaken: boolean) =>
    setTaken((before) => new Set(isTaken ? [...before, key] : [...before].filter((one) => one !== key)));
  const count = open.length;
  return (
    <>
      <UndoOutcome
        title={title}
        answer={{ ...answer, conflicts: conflicts.filter((one) => !isOpen(one)) }}
        open={count}
      />
      {count > 0 ? (
        <section className="stack" data-testid="undo-choices">
          <b>{t`后来改过的 ${count} 处怎么办`}</b>
          <Radio.Group
            className="undo-choice"
            value={choice}
            onChange={(event) => setChoice(event.target.value as Choice)}
            options={[
              { value: "stay", label: t`留着后来的值` },
              { value: "back", label: t`也改回这次之前` },
              ...(count > 1 && count <= SHOWN ? [{ value: "each", label: t`一处一处选` }] : []),
            ]}
          />
          {open.slice(0, SHOWN).map((conflict) => (
            <Conflict
              key={keyOf(conflict)}
              conflict={conflict}
              isTaken={choice === "back" || (choice === "each" && taken.has(keyOf(conflict)))}
              onTake={choice === "each" ? (isTaken) => take(keyOf(conflict), isTaken) : undefined}
            />
          ))}
          {count > SHOWN ? <span className="quiet small">{t`其余 ${count - SHOWN} 处一样办`}</span> : null}
        </section>
      ) : null}
      <Button
        block
        size="large"
        type="primary"
        loading={busy}
        data-testid="undo-confirm"
        onClick={() => onUndo(takenBack(conflicts, choice, taken))}
      >
        {t`撤销`}
      </Button>
      <Button block onClick={onCancel}>{t`算了`}</Button>
    </>
  );
}
