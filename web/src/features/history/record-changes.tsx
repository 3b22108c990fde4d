import { t } from "@lingui/core/macro";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useCatalog } from "@/api/catalog";
import type { ChangedRecord } from "@/api/types";
import { textOf } from "@/i18n";
import { DiffLine } from "@/records/detail/diff";
import { operationText } from "./words";

const FEW = 4;

/** What a change-set did to one record. */
export function RecordChanges({ record }: { record: ChangedRecord }) {
  const [all, setAll] = useState(false);
  const entity = useCatalog()?.entities.find((item) => item.key === record.entity);
  const changes = all ? record.changes : record.changes.slice(0, FEW);
  return (
    <article className="changed-record" data-testid="changed-record">
      <div className="line">
        <span className="quiet small">
          {operationText(record.op)} {textOf(entity?.label) || record.entity}
        </span>
        <Link to="/record/$entity/$id" params={{ entity: record.entity, id: String(record.id) }}>
          {record.label || `#${record.id}`}
        </Link>
      </div>
      {changes.map((change) => (
        <DiffLine key={change.field} entity={entity} change={change} />
      ))}
      {changes.length < record.changes.length ? (
        <button type="button" className="link-button small" onClick={() => setAll(true)}>
          {t`还有 ${record.changes.length - FEW} 项`}
        </button>
      ) : null}
    </article>
  );
}
