// What a list leaves behind when one of its records is opened: the way to the next one, and back.
import { t } from "@lingui/core/macro";
import type { MouseEvent } from "react";
import type { Entity, Id, View } from "@/api/types";
import { pluralOf } from "@/i18n";
import { useIsPhone } from "@/ui/use-media";
import { useOpenSheet } from "../detail/sheet";
import { setTrail } from "../detail/trail";
import type { RowStore } from "../grid/row-store";

/** Remembers the loaded rows around a record, and how to read on. */
export function leaveTrail(store: RowStore, id: Id, label: string): void {
  const near = store.around(id);
  if (!near) return;
  setTrail({
    entity: store.entity,
    ...near,
    total: store.totals.rows,
    more: !store.totals.exact,
    read: (at, limit) => store.ids(at, limit),
    from: { label, href: withoutOpen(window.location.href) },
  });
}

/** A click on a record of a board or a calendar: at the side where there is room, with the others as its trail. */
export function useOpenAside(entity: string, label: string) {
  const openSheet = useOpenSheet();
  const isPhone = useIsPhone();
  return (event: MouseEvent, id: Id, others: Id[]) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
    const from = { label, href: withoutOpen(window.location.href) };
    setTrail({ entity, ids: others, start: 0, total: others.length, from });
    if (isPhone) return;
    event.preventDefault();
    openSheet({ entity, id });
  };
}

/** What a list is called where one goes back to it. */
export const listName = (entity: Entity, view: View | undefined): string =>
  view ? view.name : t`全部${pluralOf(entity.label)}`;

function withoutOpen(href: string): string {
  const url = new URL(href);
  url.searchParams.delete("open");
  return `${url.pathname}${url.search}`;
}
