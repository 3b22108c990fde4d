import { plural, t } from "@lingui/core/macro";
import { Link } from "@tanstack/react-router";
import { useCatalog } from "@/api/catalog";
import type { UndoAnswer } from "@/api/types";
import { textOf } from "@/i18n";
import { Figure } from "@/ui/page";

const SHOWN = 50;

/** What an undo does or would do, and what it leaves alone and why. */
export function UndoOutcome({ title, answer }: { title: string; answer: UndoAnswer }) {
  const entities = useCatalog()?.entities ?? [];
  const conflicts = answer.conflicts ?? [];
  const nameOf = (entity: string, field: string | null) => {
    const found = entities.find((item) => item.key === entity);
    const label = field ? textOf(found?.fields.find((item) => item.key === field)?.label) || field : "";
    return `${textOf(found?.label) || entity}${label ? ` · ${label}` : ""}`;
  };
  return (
    <section className="banner stack" data-testid="undo-outcome">
      <b>{title}</b>
      <div className="figures">
        <Figure value={answer.deleted ?? 0} label={t`新建的删掉`} testid="undo-deleted" />
        <Figure value={answer.restored ?? 0} label={t`删掉的恢复`} testid="undo-restored" />
        <Figure value={answer.reverted ?? 0} label={t`改过的改回去`} testid="undo-reverted" />
        <Figure value={conflicts.length} label={t`后来又改过，留着`} testid="undo-conflicts" />
      </div>
      {conflicts.slice(0, SHOWN).map((conflict) => (
        <div key={`${conflict.entity}:${conflict.id}:${conflict.field}`} className="line small">
          <Link to="/record/$entity/$id" params={{ entity: conflict.entity, id: String(conflict.id) }}>
            #{conflict.id}
          </Link>
          <span>{nameOf(conflict.entity, conflict.field)}</span>
          <span>{conflict.reason}</span>
        </div>
      ))}
      {conflicts.length > SHOWN ? (
        <span className="small">{plural(conflicts.length - SHOWN, { other: "还有 # 处" })}</span>
      ) : null}
    </section>
  );
}
