import { t } from "@lingui/core/macro";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useCatalog } from "@/api/catalog";
import type { ChangedRecord } from "@/api/types";
import { textOf } from "@/i18n";
import { DiffLine } from "@/records/detail/diff";
import { operationText } from "./words";

const FEW = 4;

interface Props {
  record: ChangedRecord;
  busy: boolean;
  /** Takes back this record, or one field of it; left out where nothing can be taken back. */
  onUndo?: (field?: string) => void;
}

/** What a change-set did to one record. */
export function RecordChanges({ record, busy, onUndo }: Props) {
  const [all, setAll] = useState(false);
  const entity = useCatalog()?.entities.find((item) => item.key === record.entity);
  const changes = all ? record.changes : record.changes.slice(0, FEW);
  const name = record.label || `#${record.id}`;
  const updated = record.op === "update";
  return (
    <article className="changed-record" data-testid="changed-record">
      <div className="line">
        <span className={`op ${record.op}`}>{operationText(record.op)}</span>
        <span className="quiet small">{textOf(entity?.label) || record.entity}</span>
        <Link to="/record/$entity/$id" params={{ entity: record.entity, id: String(record.id) }}>
          {name}
        </Link>
        <span className="grow" />
        {onUndo ? (
          <button
            type="button"
            className="link-button small"
            disabled={busy}
            aria-label={t`只撤这一条：${name}`}
            data-testid="undo-record"
            onClick={() => onUndo()}
          >{t`只撤这一条`}</button>
        ) : null}
      </div>
      {changes.map((change) => (
        <DiffLine
          key={change.field}
          entity={entity}
          change={change}
          action={
            onUndo && updated && record.changes.length > 1 ? (
              <button
                type="button"
                className="link-button small"
                disabled={busy}
                data-testid={`undo-field-${change.field}`}
                onClick={() => onUndo(change.field)}
              >{t`撤这一项`}</button>
            ) : null
          }
        />
      ))}
      {changes.length < record.changes.length ? (
        <button type="button" className="link-button small" onClick={() => setAll(true)}>
          {t`还有 ${record.changes.length - FEW} 项`}
        </button>
      ) : null}
    </article>
  );
}
