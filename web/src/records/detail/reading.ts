// What the page of a record reads, part by part. All parts are asked for side by side, as early as one knows which
// record will be opened: nothing waits for the record itself.
import { queryOptions } from "@tanstack/react-query";
import { api } from "@/api/calls";
import { cachedCatalog, queryClient } from "@/api/catalog";
import type { Catalog, Entity, Id, RecordValues, Relation } from "@/api/types";
import { beginning } from "../list/columns";

/** So many records of each relation stand on the page; so many on the tab of one. */
export const ROWS = 5;
export const MOST = 100;
const COLUMNS = 4;
const PAGE = 30;
// Their content stands in the timeline and in the band.
const ELSEWHERE = ["interaction"];
const OFTEN = ["contacts", "orders", "contracts", "payments", "tickets", "tasks", "addresses", "lines"];

/** What hangs on a customer and stands in its timeline: the time it is sorted by, and what is shown. */
export const SELECTS: Record<"interaction" | "order", { at: string; select: string[] }> = {
  interaction: {
    at: "occurred_at",
    select: ["occurred_at", "channel", "result", "user", "content", "customer_feedback", "next_follow_up"],
  },
  order: { at: "ordered_on", select: ["ordered_on", "code", "amount", "summary", "status"] },
};

type Known = Pick<Catalog, "entities">;

/** Relations in the order of use. */
export function shownRelations(entity: Entity): Relation[] {
  const place = (relation: Relation) => {
    const at = OFTEN.indexOf(relation.key);
    return at < 0 ? OFTEN.length : at;
  };
  return (entity.relations ?? [])
    .filter((relation) => entity.key !== "customer" || !ELSEWHERE.includes(relation.entity))
    .sort((a, b) => place(a) - place(b));
}

/** The columns in which the records of a relation are shown. */
export const columnsOf = (entity: Entity, relation: Relation): string[] =>
  beginning(entity)
    .filter((key) => key !== relation.field)
    .slice(0, COLUMNS);

export const recordQuery = (entity: string, id: Id) =>
  queryOptions({ queryKey: ["record", entity, id], queryFn: () => api.record(entity, id) });

export const historyQuery = (entity: string, id: Id) =>
  queryOptions({ queryKey: ["history", entity, id], queryFn: () => api.history(entity, id) });

/** The first records that hang on another one by these relations, and how many there are: one question for all. */
export function relatedQuery(catalog: Known, entity: Entity, id: Id, relations: Relation[], limit: number) {
  const asked = Object.fromEntries(
    relations.flatMap((relation) => {
      const other = catalog.entities.find((one) => one.key === relation.entity);
      return other ? [[relation.key, columnsOf(other, relation)]] : [];
    }),
  );
  return queryOptions({
    queryKey: ["related", entity.key, id, asked, limit],
    queryFn: () => api.related(entity.key, id, asked, limit),
    enabled: Object.keys(asked).length > 0,
  });
}

/** So many pages of one kind of events of a customer, newest first. */
export function eventsQuery(catalog: Known, kind: "interaction" | "order", customer: Id, pages = 1) {
  const entity = catalog.entities.find((one) => one.key === kind);
  const { at, select } = SELECTS[kind];
  const columns = select.filter((key) => entity?.fields.some((field) => field.key === key));
  const limit = PAGE * pages;
  return queryOptions({
    queryKey: ["events", kind, customer, limit],
    queryFn: () =>
      api.query(kind, {
        select: columns,
        where: { field: "customer", op: "eq", value: customer },
        sort: [{ field: at, order: "desc" }],
        limit,
      }),
    enabled: entity !== undefined,
  });
}

/** What must be seen before serving this customer. */
export const safetyQuery = (customer: Id | null) =>
  queryOptions({
    queryKey: ["safety", customer],
    queryFn: () =>
      api.query("safety_note", {
        select: ["band_line", "noted_on", "noted_by", "confirmed_on"],
        where: {
          and: [
            { field: "customer", op: "eq", value: customer },
            { field: "is_active", op: "eq", value: true },
          ],
        },
        limit: 20,
      }),
  });

interface Glimpse {
  entity: string;
  id: Id;
  values: RecordValues;
}
let glimpse: Glimpse | null = null;

/** What the list knew of the record that was opened from it last; its page begins with that. */
export const glimpseOf = (entity: string, id: Id): RecordValues | null =>
  glimpse?.entity === entity && glimpse.id === id ? glimpse.values : null;

/** Asks for all that the page of this record will show; `values` are what is known of it already. */
export function expectRecord(key: string, id: Id, values?: RecordValues): void {
  if (values) glimpse = { entity: key, id, values };
  void queryClient.prefetchQuery(recordQuery(key, id));
  void queryClient.prefetchQuery(historyQuery(key, id));
  const catalog = cachedCatalog();
  const entity = catalog?.entities.find((one) => one.key === key);
  if (!catalog || !entity) return;
  const relations = shownRelations(entity);
  const isThere = (other: string) => catalog.entities.some((one) => one.key === other);
  if (key === "customer") {
    if (isThere("interaction")) void queryClient.prefetchQuery(eventsQuery(catalog, "interaction", id));
    if (isThere("safety_note")) void queryClient.prefetchQuery(safetyQuery(id));
    if (isThere("order")) void queryClient.prefetchQuery(eventsQuery(catalog, "order", id));
  }
  if (relations.length > 0)
    void queryClient.prefetchQuery(relatedQuery(catalog, entity, id, relations, ROWS));
}

const RECORD_LINK = /^\/record\/([a-z][a-z0-9_]*)\/(\d{1,15})$/;

/** A press on a link to a record asks for the record before the click is through. */
export function expectPressed(event: Event): void {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  const [, entity, id] = RECORD_LINK.exec(link?.getAttribute("href") ?? "") ?? [];
  if (entity && id) expectRecord(entity, Number(id));
}
