import { t } from "@lingui/core/macro";
import { useRouterState } from "@tanstack/react-router";
import { Button, Drawer, Select } from "antd";
import { ChevronDown, Plus, SlidersHorizontal } from "lucide-react";
import { Suspense, useEffect, useRef, useState } from "react";
import { may } from "@/api/catalog";
import { titleField } from "@/fields/references";
import { pluralOf, textOf } from "@/i18n";
import { sayCount } from "@/ui/amounts";
import { sentenceOf } from "@/ui/errors";
import { late } from "@/ui/late";
import { useOpenLayer } from "@/ui/layer";
import { Banner } from "@/ui/page";
import { useCrowd } from "../crowd";
import { sentenceOf as filterSentence, toFilter, toWhere } from "../filter/conditions";
import { FilterPanel } from "../filter/filter-panel";
import { useNames } from "../filter/names";
import { boardFields, columnField } from "./kinds";
import { leaveTrail, listName } from "./leave-trail";
import { GroupMenu, KindSwitch, SortMenu } from "./list-menus";
import type { CountTeller, ListProps } from "./list-page";
import { Nothing } from "./nothing";
import { PhoneList, phoneFacts, phoneField } from "./phone-list";
import { keepPlace, placeOf } from "./places";
import { useNamedRules } from "./rules";
import { SearchBox } from "./search-box";
import { useLines } from "./use-lines";

const PhoneBoard = late(() => import("../board/phone-board").then((part) => part.PhoneBoard));
const Calendar = late(() => import("../calendar/calendar").then((part) => part.Calendar));

/** The list on a phone: title, search, views, one line of conditions, records of two lines each. */
export function PhoneListPage(props: ListProps) {
  const { entity, views, list, kind, kinds, onNew } = props;
  const [count, setCount] = useState<Parameters<CountTeller>[0]>(null);
  const [open, setOpen] = useState(false);
  const openLayer = useOpenLayer();
  const name = textOf(entity.label);
  const nothing = <Nothing entity={entity} list={list} onFile={props.onFile} onNew={onNew} />;
  useNames(entity, list.where);
  const sentence = filterSentence(entity, toFilter(list.where));
  return (
    <>
      <div className="phone-head">
        <div className="line">
          <h1 className="grow">
            <button
              type="button"
              className="phone-title"
              aria-haspopup="dialog"
              data-testid="phone-places"
              onClick={() => openLayer("places")}
            >
              {pluralOf(entity.label)}
              <ChevronDown size={20} strokeWidth={1.75} aria-hidden />
              <span className="visually-hidden">{t`换一张列表`}</span>
            </button>
          </h1>
          {may(entity, "create") ? (
            <Button
              type="text"
              icon={<Plus size={20} />}
              aria-label={t`新建${name}`}
              data-testid="new-record"
              onClick={onNew}
            />
          ) : null}
          <Button
            type="text"
            icon={<SlidersHorizontal size={20} />}
            aria-label={t`条件和排序`}
            data-testid="phone-filter"
            onClick={() => setOpen(true)}
          />
        </div>
        <SearchBox wide value={list.q ?? ""} onChange={(q) => list.change({ q })} />
        {views.length > 0 ? (
          <nav className="phone-views" aria-label={t`视图`}>
            <button
              type="button"
              className="phone-view"
              aria-current={list.view ? undefined : "page"}
              onClick={() => list.open(null)}
            >{t`全部${name}`}</button>
            {views.map((view) => (
              <button
                key={view.id}
                type="button"
                className="phone-view"
                aria-current={view.id === list.view?.id ? "page" : undefined}
                onClick={() => list.open(view)}
              >
                {view.name}
              </button>
            ))}
          </nav>
        ) : null}
        <div className="phone-sentence">
          <span data-testid="row-count">
            {count?.text ?? "…"}
            {sentence ? t`，${sentence}` : ""}
          </span>
          <button type="button" className="link-button" onClick={() => setOpen(true)}>{t`改条件`}</button>
        </div>
      </div>
      {kind === "calendar" ? (
        <Suspense>
          <Calendar entity={entity} list={list} onCount={setCount} nothing={nothing} />
        </Suspense>
      ) : kind === "board" ? (
        <Suspense>
          <PhoneBoard entity={entity} list={list} onCount={setCount} nothing={nothing} />
        </Suspense>
      ) : (
        <PhoneRows {...props} onCount={setCount} />
      )}
      <ConditionSheet
        entity={entity}
        list={list}
        kind={kind}
        kinds={kinds}
        open={open}
        onClose={() => setOpen(false)}
      />
    </>
  );
}

/** The records as lines of two rows of text. */
function PhoneRows({ entity, list, onNew, onFile, onCount }: ListProps & { onCount: CountTeller }) {
  const title = titleField(entity.key);
  const facts = phoneFacts(entity, list.fields, title);
  const phone = phoneField(entity);
  const flags = entity.fields.filter((field) => field.key === "flags");
  const select = [
    ...new Set([title, ...[...facts, ...flags, ...(phone ? [phone] : [])].map(({ key }) => key)]),
  ];
  const { store, version, rows, groups, fold } = useLines(entity, list, select, facts);
  const place = useRouterState({ select: (state) => state.location.state.__TSR_key ?? state.location.href });
  const startAt = useRef(placeOf(place));
  const crowd = useCrowd(entity.key);
  const rules = useNamedRules(entity, list.rules);
  const { totals } = store;
  const count = totals.known ? sayCount(totals.rows, totals.exact) : null;
  useEffect(() => onCount(count ? { text: count, exact: () => undefined } : null), [count, onCount]);
  return (
    <>
      {store.error ? (
        <Banner bad>
          {sentenceOf(store.error)}{" "}
          <button type="button" className="link-button" onClick={() => store.refresh()}>{t`再读一次`}</button>
        </Banner>
      ) : null}
      {totals.known && totals.rows === 0 ? (
        <Nothing entity={entity} list={list} onFile={onFile} onNew={onNew} />
      ) : totals.known && groups !== undefined ? (
        <PhoneList
          key={place}
          entity={entity}
          rows={rows}
          version={version}
          title={title}
          facts={facts}
          phone={phone}
          rules={rules}
          crowd={crowd}
          groupField={list.group}
          onOpen={(id) => leaveTrail(store, id, listName(entity, list.view))}
          startAt={startAt.current}
          onTop={(line) => keepPlace(place, line)}
          onFold={fold}
        />
      ) : null}
    </>
  );
}

/** Conditions, grouping and order, in a sheet from below. */
function ConditionSheet({
  entity,
  list,
  kind,
  kinds,
  open,
  onClose,
}: Pick<ListProps, "entity" | "list" | "kind" | "kinds"> & {
  open: boolean;
  onClose: () => void;
}) {
  return (
    <Drawer open={open} onClose={onClose} placement="bottom" size="90%" title={t`条件和排序`} destroyOnHidden>
      <div className="line how-seen">
        {kinds.length > 1 ? (
          <KindSwitch
            kind={kind}
            kinds={kinds}
            onChange={(as) => {
              list.change({ as }, true);
              onClose();
            }}
          />
        ) : null}
        {kind === "board" ? (
          <Select
            aria-label={t`看板的列`}
            popupMatchSelectWidth={false}
            value={columnField(entity, list.by).key}
            options={boardFields(entity).map((one) => ({ value: one.key, label: textOf(one.label) }))}
            onChange={(by) => list.change({ by })}
          />
        ) : (
          <GroupMenu entity={entity} group={list.group} onChange={(group) => list.change({ group }, true)} />
        )}
        <SortMenu entity={entity} sort={list.sort} onChange={(sort) => list.change({ sort })} />
      </div>
      <Suspense>
        <FilterPanel
          entity={entity}
          start={toFilter(list.where)}
          search={list.q}
          onApply={(filter) => {
            list.change({ where: toWhere(filter) ?? null }, true);
            onClose();
          }}
        />
      </Suspense>
    </Drawer>
  );
}
