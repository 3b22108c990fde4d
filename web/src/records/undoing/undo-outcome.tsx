import { plural, t } from "@lingui/core/macro";
import { Link } from "@tanstack/react-router";
import { Radio } from "antd";
import { useCatalog } from "@/api/catalog";
import type { UndoAnswer, UndoConflict, Value } from "@/api/types";
import { showValue } from "@/fields/registry";
import { isEmpty, plainText } from "@/fields/widget";
import { textOf } from "@/i18n";
import { formatWhen } from "@/lib/dates";
import { formatNumber } from "@/lib/money";
import { actorName } from "@/ui/who";
import { reasonText } from "../undo";
import "./undoing.css";

const SHOWN = 50;

export const keyOf = (conflict: UndoConflict): string =>
  `${conflict.entity}:${conflict.id}:${conflict.field}`;

interface Props {
  title: string;
  answer: UndoAnswer;
  /** So many more are to be decided. */
  open?: number;
}

/** What an undo does or would do, and what it leaves alone and why, with the values side by side. */
export function UndoOutcome({ title, answer, open = 0 }: Props) {
  const conflicts = answer.conflicts ?? [];
  const lines: [string, number, string][] = [
    [t`新建的删掉`, answer.deleted ?? 0, "undo-deleted"],
    [t`删掉的恢复`, answer.restored ?? 0, "undo-restored"],
    [t`改过的改回去`, answer.reverted ?? 0, "undo-reverted"],
    [open ? t`后来又改过` : t`后来又改过，留着`, conflicts.length + open, "undo-conflicts"],
  ];
  return (
    <section className="undo-outcome stack" data-testid="undo-outcome">
      <b>{title}</b>
      <dl>
        {lines.map(([label, count, testid]) => (
          <div key={testid} className={testid === "undo-conflicts" && count > 0 ? "doubtful" : undefined}>
            <dt>{label}</dt>
            <dd data-testid={testid}>{formatNumber(count)}</dd>
          </div>
        ))}
      </dl>
      {conflicts.slice(0, SHOWN).map((conflict) => (
        <Conflict key={keyOf(conflict)} conflict={conflict} />
      ))}
      {conflicts.length > SHOWN ? (
        <span className="small">{plural(conflicts.length - SHOWN, { other: "还有 # 处" })}</span>
      ) : null}
    </section>
  );
}

interface ConflictProps {
  conflict: UndoConflict;
  /** The value before the change-set comes back. */
  isTaken?: boolean;
  /** Where one may choose. */
  onTake?: (isTaken: boolean) => void;
}

/** One value that was changed since: before the change-set, after it, and now; which of them stays. */
export function Conflict({ conflict, isTaken = false, onTake }: ConflictProps) {
  const entity = useCatalog()?.entities.find((item) => item.key === conflict.entity);
  const field = entity?.fields.find((item) => item.key === conflict.field);
  const show = (value: Value) =>
    isEmpty(value) ? t`空` : field ? showValue(field, value) : plainText(value);
  const label = (isThis: boolean, text: string) =>
    onTake ? (
      <Radio checked={isTaken === isThis} onChange={() => onTake(isThis)}>
        {text}
      </Radio>
    ) : (
      text
    );
  return (
    <fieldset
      className="undo-conflict small"
      aria-label={conflict.label || `#${conflict.id}`}
      data-testid="undo-conflict"
    >
      <div className="line">
        <Link to="/record/$entity/$id" params={{ entity: conflict.entity, id: String(conflict.id) }}>
          {conflict.label || `#${conflict.id}`}
        </Link>
        <span>{field ? textOf(field.label) : textOf(entity?.label)}</span>
      </div>
      {"now" in conflict ? (
        <table>
          <tbody>
            <tr className={isTaken ? "stays" : undefined}>
              <th scope="row">{label(true, t`这次之前`)}</th>
              <td>{show(conflict.before)}</td>
            </tr>
            <tr>
              <th scope="row" className={onTake ? "beside" : undefined}>{t`这次之后`}</th>
              <td>{show(conflict.after)}</td>
            </tr>
            <tr className={isTaken ? "goes" : "doubtful"}>
              <th scope="row">{label(false, t`现在`)}</th>
              <td>
                <span className="value">{show(conflict.now)}</span>
                <span className="quiet">
                  {" "}
                  {actorName(conflict.by ?? null)} {conflict.at ? formatWhen(conflict.at) : ""}
                </span>
              </td>
            </tr>
          </tbody>
        </table>
      ) : null}
      <span className="quiet">{isTaken ? t`改回这次之前` : reasonText(conflict.reason)}</span>
    </fieldset>
  );
}
