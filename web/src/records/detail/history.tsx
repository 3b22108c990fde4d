import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { api } from "@/api/calls";
import { announce, concerns, onChanges } from "@/api/events";
import type { Entity, HistoryItem, Id } from "@/api/types";
import { formatWhen } from "@/lib/dates";
import { sentenceOf } from "@/ui/errors";
import { toast } from "@/ui/toast";
import { actorName } from "@/ui/who";
import { conflictSentence, recordChange } from "../undo";
import { DiffLine } from "./diff";

const FEW = 6;

/** What happened to a record, newest first; every change and every field of it can be taken back. */
export function History({ entity, id }: { entity: Entity; id: Id }) {
  const history = useQuery({
    queryKey: ["history", entity.key, id],
    queryFn: () => api.history(entity.key, id),
    staleTime: 0,
  });
  const { refetch } = history;
  useEffect(
    () =>
      onChanges((event) => {
        if (concerns(event, entity.key, id)) void refetch();
      }),
    [entity.key, id, refetch],
  );
  const items = history.data?.items ?? [];
  return (
    <section data-testid="history">
      <h2>{t`变更历史`}</h2>
      {history.error ? <p className="danger-text">{sentenceOf(history.error)}</p> : null}
      {items.map((item, at) => (
        // A large import may touch a record more than once in one change-set.
        <Item key={`${item.changeset}:${item.at}:${at.toString()}`} entity={entity} id={id} item={item} />
      ))}
    </section>
  );
}

function Item({ entity, id, item }: { entity: Entity; id: Id; item: HistoryItem }) {
  const [all, setAll] = useState(false);
  const record = `${entity.key}:${id}`;
  const undo = async (field?: string) => {
    try {
      const answer = await api.undo(item.changeset, { record, ...(field ? { field } : {}) });
      announce(entity.key, [id]);
      if (answer.conflicts?.length) toast(conflictSentence(answer));
      else recordChange(field ? t`已撤销这一项` : t`已撤销这次改动`, [answer.changeset]);
    } catch (error) {
      toast(sentenceOf(error));
    }
  };
  const changes = all ? item.changes : item.changes.slice(0, FEW);
  return (
    <article className="history-item" data-testid="history-item">
      <div className="line">
        <Link to="/changesets/$id" params={{ id: String(item.changeset) }}>
          {item.title}
        </Link>
        <span className="quiet small">{actorName(item.actor)}</span>
        <span className="grow" />
        <time className="quiet small" dateTime={item.at}>
          {formatWhen(item.at)}
        </time>
      </div>
      {changes.map((change) => (
        <DiffLine
          key={change.field}
          entity={entity}
          change={change}
          action={
            item.op === "create" || item.op === "delete" ? null : (
              <button
                type="button"
                className="link-button small"
                data-testid={`undo-field-${change.field}`}
                onClick={() => void undo(change.field)}
              >
                {t`撤销这一项`}
              </button>
            )
          }
        />
      ))}
      {item.changes.length > FEW && !all ? (
        <button type="button" className="link-button small" onClick={() => setAll(true)}>
          {t`还有 ${item.changes.length - FEW} 项`}
        </button>
      ) : null}
      <div>
        <button
          type="button"
          className="link-button small"
          data-testid="undo-item"
          onClick={() => void undo()}
        >
          {item.op === "delete" ? t`恢复这条记录` : item.op === "create" ? t`撤销新建` : t`撤销这次改动`}
        </button>
      </div>
    </article>
  );
}
