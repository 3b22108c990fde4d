import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { may, useCatalog, useEntity } from "@/api/catalog";
import { concerns, onChanges } from "@/api/events";
import type { Entity, HistoryItem, Id, RecordValues, Value } from "@/api/types";
import { plainText } from "@/fields/widget";
import { sentenceOf } from "@/ui/errors";
import { Skeleton } from "@/ui/page";
import { rowsOf } from "../grid/row-store";
import { Composer } from "./composer";
import { eventsQuery, historyQuery, SELECTS } from "./reading";
import { ChangeItem, InteractionItem, OrderItem } from "./timeline-items";

export interface Event {
  id: Id;
  values: Record<string, Value>;
}
type Kind = "interaction" | "order" | "change";
interface Item {
  kind: Kind;
  key: string;
  at: string;
  event?: Event;
  change?: HistoryItem;
}

/** What happened, newest first: contacts, orders and changes in one line of time; for a customer with the composer. */
export function Timeline({ entity, id }: { entity: Entity; id: Id; values: RecordValues }) {
  const isCustomer = entity.key === "customer";
  const interaction = useEntity("interaction");
  const [kind, setKind] = useState<Kind | "all">("all");
  const [pages, setPages] = useState(1);
  const interactions = useEvents("interaction", id, pages, isCustomer);
  const orders = useEvents("order", id, pages, isCustomer);
  const history = useQuery(historyQuery(entity.key, id));
  const { refetch } = history;
  useEffect(
    () =>
      onChanges((event) => {
        if (concerns(event, entity.key, id)) void refetch();
      }),
    [entity.key, id, refetch],
  );

  const changes: Item[] = (history.data?.items ?? []).map((change, at) => ({
    kind: "change",
    key: `change:${change.changeset}:${at}`,
    at: change.at,
    change,
  }));
  const all: Item[] = [...interactions.items, ...orders.items, ...changes].sort(
    (a, b) => Date.parse(b.at) - Date.parse(a.at),
  );
  const shown = kind === "all" ? all : all.filter((item) => item.kind === kind);
  const filters: [Kind | "all", string, number][] = [
    ["all", t`全部`, all.length],
    ["interaction", t`跟进`, interactions.items.length],
    ["order", t`订单`, orders.items.length],
    ["change", t`改动`, changes.length],
  ];
  const error = history.error ?? interactions.error ?? orders.error;
  return (
    <>
      {isCustomer && may(interaction, "create") && interaction ? <Composer customer={id} /> : null}
      <fieldset className="timeline-filters" aria-label={t`只看`}>
        {filters
          .filter(([key, , count]) => key === "all" || count > 0)
          .map(([key, label, count]) => (
            <button
              key={key}
              type="button"
              aria-pressed={kind === key}
              data-testid={`timeline-${key}`}
              onClick={() => setKind(key)}
            >
              {label} {key === "all" ? "" : <span className="quiet">{count}</span>}
            </button>
          ))}
      </fieldset>
      {error ? <p className="danger-text">{sentenceOf(error)}</p> : null}
      {history.isPending ? <Skeleton rows={4} /> : null}
      <ol className="timeline" data-testid="history">
        {shown.map((item) =>
          item.change ? (
            <ChangeItem key={item.key} entity={entity} id={id} item={item.change} />
          ) : item.event && item.kind === "interaction" ? (
            <InteractionItem key={item.key} event={item.event} />
          ) : item.event ? (
            <OrderItem key={item.key} event={item.event} />
          ) : null,
        )}
      </ol>
      {interactions.hasMore || orders.hasMore ? (
        <button type="button" className="link-button" onClick={() => setPages((now) => now + 1)}>
          {t`看更早的`}
        </button>
      ) : null}
    </>
  );
}

/** Records of one kind that hang on a customer, newest first. */
function useEvents(kind: "interaction" | "order", customer: Id, pages: number, enabled: boolean) {
  const asked = eventsQuery(useCatalog() ?? { entities: [] }, kind, customer, pages);
  const { at } = SELECTS[kind];
  const events = useQuery({
    ...asked,
    enabled: enabled && asked.enabled !== false,
    placeholderData: (before) => before,
  });
  const { refetch } = events;
  useEffect(
    () =>
      onChanges((event) => {
        if (enabled && concerns(event, kind)) void refetch();
      }),
    [kind, enabled, refetch],
  );
  const rows = events.data ? rowsOf(events.data.columns, events.data.rows) : [];
  return {
    items: rows.map(
      (row): Item => ({ kind, key: `${kind}:${row.id}`, at: plainText(row.values[at]), event: row }),
    ),
    hasMore: Boolean(events.data?.next),
    error: events.error,
  };
}
