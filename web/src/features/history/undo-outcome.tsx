import { plural, t } from "@lingui/core/macro";
import { Link } from "@tanstack/react-router";
import { useCatalog } from "@/api/catalog";
import type { UndoAnswer, UndoConflict, Value } from "@/api/types";
import { showValue } from "@/fields/registry";
import { isEmpty, plainText } from "@/fields/widget";
import { textOf } from "@/i18n";
import { formatWhen } from "@/lib/dates";
import { formatNumber } from "@/lib/money";
import { actorName } from "@/ui/who";

const SHOWN = 50;

/** What an undo does or would do, and what it leaves alone and why, with the values side by side. */
export function UndoOutcome({ title, answer }: { title: string; answer: UndoAnswer }) {
  const conflicts = answer.conflicts ?? [];
  const lines: [string, number, string][] = [
    [t`新建的删掉`, answer.deleted ?? 0, "undo-deleted"],
    [t`删掉的恢复`, answer.restored ?? 0, "undo-restored"],
    [t`改过的改回去`, answer.reverted ?? 0, "undo-reverted"],
    [t`后来又改过，留着`, conflicts.length, "undo-conflicts"],
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
        <Conflict key={`${conflict.entity}:${conflict.id}:${conflict.field}`} conflict={conflict} />
      ))}
      {conflicts.length > SHOWN ? (
        <span className="small">{plural(conflicts.length - SHOWN, { other: "还有 # 处" })}</span>
      ) : null}
    </section>
  );
}

const reasonText = (reason: string): string =>
  ({
    changed_since: t`后来又改过`,
    deleted_since: t`后来删掉了`,
    has_children: t`后来有了关联的记录`,
    value_taken: t`原来的值别的记录在用`,
    not_allowed: t`你不能改这一项`,
    exists: t`已经恢复了`,
  })[reason] ?? reason;

/** One value that stays: before the change-set, after it, and now. */
function Conflict({ conflict }: { conflict: UndoConflict }) {
  const entity = useCatalog()?.entities.find((item) => item.key === conflict.entity);
  const field = entity?.fields.find((item) => item.key === conflict.field);
  const show = (value: Value) =>
    isEmpty(value) ? t`空` : field ? showValue(field, value) : plainText(value);
  return (
    <div className="undo-conflict small" data-testid="undo-conflict">
      <div className="line">
        <Link to="/record/$entity/$id" params={{ entity: conflict.entity, id: String(conflict.id) }}>
          {conflict.label || `#${conflict.id}`}
        </Link>
        <span>{field ? textOf(field.label) : textOf(entity?.label)}</span>
      </div>
      {"now" in conflict ? (
        <table>
          <tbody>
            <tr>
              <th scope="row">{t`这次之前`}</th>
              <td>{show(conflict.before)}</td>
            </tr>
            <tr>
              <th scope="row">{t`这次之后`}</th>
              <td>{show(conflict.after)}</td>
            </tr>
            <tr className="doubtful">
              <th scope="row">{t`现在`}</th>
              <td>
                {show(conflict.now)}
                <span className="quiet">
                  {" "}
                  {actorName(conflict.by ?? null)} {conflict.at ? formatWhen(conflict.at) : ""}
                </span>
              </td>
            </tr>
          </tbody>
        </table>
      ) : null}
      <span className="quiet">{reasonText(conflict.reason)}</span>
    </div>
  );
}
