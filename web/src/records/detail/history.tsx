import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import type { Entity, Id } from "@/api/types";
import { sentenceOf } from "@/ui/errors";
import { historyQuery } from "./reading";
import { ChangeItem } from "./timeline-items";

/** What happened to a record that is no longer there, newest first. */
export function History({ entity, id }: { entity: Entity; id: Id }) {
  const history = useQuery(historyQuery(entity.key, id));
  return (
    <section>
      <h2>{t`变更历史`}</h2>
      {history.error ? <p className="danger-text">{sentenceOf(history.error)}</p> : null}
      <ol className="timeline">
        {(history.data?.items ?? []).map((item, at) => (
          // A large import may touch a record more than once in one change-set.
          <ChangeItem key={`${item.changeset}:${at.toString()}`} entity={entity} id={id} item={item} />
        ))}
      </ol>
    </section>
  );
}
