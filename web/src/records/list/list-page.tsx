import { t } from "@lingui/core/macro";
import { type RouterState, useNavigate, useParams, useRouter, useRouterState } from "@tanstack/react-router";
import { Button } from "antd";
import { Link2, Plus, Upload } from "lucide-react";
import {
  type ReactNode,
  type RefObject,
  Suspense,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { may, useEntity } from "@/api/catalog";
import type { Entity, Field, Id, RecordValues, View } from "@/api/types";
import { titleField } from "@/fields/references";
import { inputCode } from "@/fields/registry";
import { pluralOf, textOf } from "@/i18n";
import { copyText } from "@/lib/clipboard";
import { sayCount } from "@/ui/amounts";
import { sentenceOf } from "@/ui/errors";
import { fetchWhenIdle, late } from "@/ui/late";
import { Banner, Empty, PageHeader } from "@/ui/page";
import { toast } from "@/ui/toast";
import { useFileDrop } from "@/ui/use-file-drop";
import { useIsPhone } from "@/ui/use-media";
import { changeMany } from "../bulk/change-many";
import { ConflictChoices } from "../conflict";
import { useCrowd } from "../crowd";
import { expectRecord } from "../detail/reading";
import { useOpened, useOpenSheet } from "../detail/sheet";
import { type Building, FilterBar } from "../filter/filter-bar";
import { isOverview } from "../grid/cells";
import { type ColumnBox, columnWidth, frozenIn, type GridHandle, LedgerGrid } from "../grid/grid";
import type { RowStore } from "../grid/row-store";
import { NOTHING } from "../grid/selection";
import { useViews } from "../views/use-views";
import { ViewTabs } from "../views/view-tabs";
import { useWish } from "../wish";
import { leaveFile } from "./dropped-file";
import { ExportMenu, exportList } from "./export-menu";
import { JumpBox } from "./jump-box";
import { kindsOf } from "./kinds";
import { leaveTrail, listName } from "./leave-trail";
import { ColumnMenu, GroupMenu, KindSwitch, RulesMenu, SortMenu } from "./list-menus";
import { Nothing } from "./nothing";
import { type Kind, writePairs, writeSort } from "./params";
import { countPicked, linesOf, NOBODY, type Picked, pick, pickedAmount, targetOf, whereOf } from "./picked";
import { keepPlace, placeOf } from "./places";
import { useNamedRules } from "./rules";
import { SearchBox } from "./search-box";
import { pickedFigures, type SummaryHandle, SummaryRow } from "./summary-row";
import { useSums } from "./use-groups";
import { useLines } from "./use-lines";
import { type ListState, useList } from "./use-list";
import "./list.css";

const CreateDrawer = late(() => import("../form/create-drawer").then((part) => part.CreateDrawer));
const HeaderMenu = late(() => import("./header-menu").then((part) => part.HeaderMenu));
const BulkBar = late(() => import("../bulk/bulk-bar").then((part) => part.BulkBar));
const Board = late(() => import("../board/board").then((part) => part.Board));
const Calendar = late(() => import("../calendar/calendar").then((part) => part.Calendar));
const PrintView = late(() => import("./print-view").then((part) => part.PrintView));
const PhoneListPage = late(() => import("./phone-page").then((part) => part.PhoneListPage));

/** So much further the table scrolls while the bar of selected rows lies over its end. */
const BAR_ROOM = 72;

/** A column stays wide enough for its menu. */
const NARROWEST = 50;

export function ListPage() {
  const { entity: key } = useParams({ strict: false }) as { entity: string };
  const entity = useEntity(key);
  const views = useViews(key);
  if (!entity) return <Empty title={t`没有这张列表，或者不归你看`} />;
  // The address may name a view: without the views it cannot be read.
  return views ? <List key={entity.key} entity={entity} views={views} /> : <Waiting />;
}

function Waiting() {
  return (
    <div className="grid-skeleton" aria-busy="true">
      {[70, 88, 80, 92, 76, 84].map((width) => (
        <i key={width} style={{ width: `${width}%` }} />
      ))}
    </div>
  );
}

export interface ListProps {
  entity: Entity;
  views: View[];
  list: ListState;
  kind: Kind;
  kinds: Kind[];
  onNew: () => void;
  onFile: (file: File) => void;
}

function List({ entity, views }: { entity: Entity; views: View[] }) {
  const navigate = useNavigate();
  const list = useList(entity, views);
  const isPhone = useIsPhone();
  const [creating, setCreating] = useState(false);
  const onNew = useCallback(() => setCreating(true), []);
  useWish("creating", may(entity, "create"), onNew);
  const [naming, setNaming] = useState(false);
  const [printing, setPrinting] = useState(false);
  const endPrinting = useCallback(() => setPrinting(false), []);
  const name = textOf(entity.label);
  useEffect(() => {
    document.title = `${list.view?.name ?? name} · Kehu`;
  }, [name, list.view]);
  const importFile = (file: File) => {
    leaveFile(file, entity.key);
    void navigate({ to: "/import" });
  };
  const drop = useFileDrop((file) => may(entity, "import") && importFile(file));
  const kinds = kindsOf(entity);
  const kind = kinds.includes(list.kind) ? list.kind : "grid";
  const parts: ListProps = { entity, views, list, kind, kinds, onNew, onFile: importFile };
  return (
    <div
      className="page list-page"
      style={{ position: "relative" }}
      {...drop.handlers}
      data-testid="list-page"
    >
      {isPhone ? (
        <Suspense fallback={<Waiting />}>
          <PhoneListPage {...parts} />
        </Suspense>
      ) : (
        <Desk {...parts} onPrint={() => setPrinting(true)} naming={naming} onNaming={setNaming} />
      )}
      {printing ? (
        <Suspense>
          <PrintView entity={entity} list={list} onClose={endPrinting} />
        </Suspense>
      ) : null}
      {drop.over ? <div className="drop-veil">{t`松开就导入到「${name}」`}</div> : null}
      {creating ? (
        <Suspense>
          <CreateDrawer entity={entity} onClose={() => setCreating(false)} />
        </Suspense>
      ) : null}
    </div>
  );
}

interface DeskProps extends ListProps {
  naming: boolean;
  onPrint: () => void;
  onNaming: (open: boolean) => void;
}

/** The list on a screen with a mouse: header, views, sentence, and the records as table, board or calendar. */
function Desk(props: DeskProps) {
  const { entity, views, list, kind, kinds } = props;
  const navigate = useNavigate();
  const name = textOf(entity.label);
  const [count, setCount] = useState<{ text: string; exact: () => void } | null>(null);
  const [building, setBuilding] = useState<Building | null>(null);
  const query = { where: list.where, search: list.q };
  const [isEmpty, setEmpty] = useState(false);
  const nothing = <Nothing {...props} onShown={setEmpty} />;
  return (
    <>
      <PageHeader
        title={pluralOf(entity.label)}
        facts={
          count ? (
            <button type="button" className="plain-button" data-testid="row-count" onClick={count.exact}>
              {count.text}
            </button>
          ) : null
        }
        actions={
          <>
            <SearchBox value={list.q ?? ""} onChange={(q) => list.change({ q })} />
            <Button
              type="text"
              icon={<Link2 size={14} />}
              onClick={() =>
                void copyText(window.location.href).then((ok) =>
                  toast(ok ? t`链接已复制，打开看到的就是这张列表` : window.location.href),
                )
              }
            >{t`复制链接`}</Button>
            {may(entity, "export") ? (
              <ExportMenu
                onPrint={props.onPrint}
                body={{
                  entity: entity.key,
                  select: list.fields.map((field) => field.key),
                  ...query,
                  sort: list.sort.length ? list.sort : undefined,
                }}
              />
            ) : null}
            {may(entity, "import") ? (
              <Button
                icon={<Upload size={14} />}
                onClick={() => void navigate({ to: "/import" })}
              >{t`导入`}</Button>
            ) : null}
            {may(entity, "create") ? (
              <Button
                type={isEmpty ? "default" : "primary"}
                icon={<Plus size={14} />}
                data-testid="new-record"
                onClick={props.onNew}
              >{t`新建${name}`}</Button>
            ) : null}
          </>
        }
      />
      <ViewTabs entity={entity} views={views} list={list} naming={props.naming} onNaming={props.onNaming} />
      <div className="list-bar">
        <FilterBar
          entity={entity}
          where={list.where}
          search={list.q}
          open={building}
          onOpen={setBuilding}
          onChange={(where) => list.change({ where: where ?? null }, true)}
          onSaveView={(where) => {
            list.change({ where: where ?? null }, true);
            props.onNaming(true);
          }}
        />
        <div className="list-tools">
          {kind === "grid" ? (
            <>
              <GroupMenu
                entity={entity}
                group={list.group}
                onChange={(group) => list.change({ group }, true)}
              />
              <SortMenu entity={entity} sort={list.sort} onChange={(sort) => list.change({ sort })} />
              <ColumnMenu
                entity={entity}
                shown={list.fields.map((field) => field.key)}
                onChange={(keys) => list.change({ cols: keys ? keys.join(",") : "" })}
              />
              <RulesMenu entity={entity} rules={list.rules} onChange={(rules) => list.change({ rules })} />
            </>
          ) : null}
          {kinds.length > 1 ? (
            <KindSwitch kind={kind} kinds={kinds} onChange={(as) => list.change({ as }, true)} />
          ) : null}
        </div>
      </div>
      {kind === "grid" ? (
        <GridPart {...props} nothing={nothing} onCount={setCount} onBuild={setBuilding} />
      ) : (
        <Suspense fallback={<Waiting />}>
          {kind === "board" ? (
            <Board entity={entity} list={list} onCount={setCount} nothing={nothing} />
          ) : (
            <Calendar entity={entity} list={list} onCount={setCount} nothing={nothing} />
          )}
        </Suspense>
      )}
    </>
  );
}

export type CountTeller = (count: { text: string; exact: () => void } | null) => void;

interface GridPartProps extends DeskProps {
  nothing: ReactNode;
  onCount: CountTeller;
  onBuild: (building: Building) => void;
}

function GridPart({ entity, list, nothing, onCount, onBuild }: GridPartProps) {
  const navigate = useNavigate();
  const title = titleField(entity.key);
  const select = list.fields.map((field) => field.key);
  if (!select.includes(title)) select.push(title);
  select.sort(); // columns in another order are no other rows: nothing is read anew, and the cursor stays
  const narrowed = { where: list.where, search: list.q };
  const { store, version, rows, groups, folded, fold } = useLines(entity, list, select, list.fields);
  const sums = useSums(entity, list.fields, list.sums, narrowed);
  const [cells, setCells] = useState(NOTHING);
  const [picked, setPicked] = useState<Picked>(NOBODY);
  const [menu, setMenu] = useState<{ field: Field; box: ColumnBox } | null>(null);
  // What is dragged is kept once the mouse is let go.
  const [sizing, setSizing] = useState<Record<string, number>>({});
  const widths = { ...list.widths, ...sizing };
  // biome-ignore lint/correctness/useExhaustiveDependencies: then it is kept
  useEffect(() => setSizing({}), [list.params.widths]);
  const grid = useRef<GridHandle>(null);
  const summary = useRef<SummaryHandle>(null);
  const { totals } = store;

  const asked = JSON.stringify(narrowed);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other conditions mean other records
  useEffect(() => setPicked(NOBODY), [asked]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other rows mean other cells
  useEffect(() => setCells(NOTHING), [store, folded, list.group]);
  const total = totals.known ? sayCount(totals.rows, totals.exact) : "";
  // biome-ignore lint/correctness/useExhaustiveDependencies: told when it changes
  useEffect(() => {
    onCount(
      total
        ? { text: total, exact: () => void store.countExactly().catch((error) => toast(sentenceOf(error))) }
        : null,
    );
  }, [total, store]);

  // Without a network later on, cells and menus of this list still open.
  const isShown = totals.known;
  useEffect(
    () =>
      isShown
        ? fetchWhenIdle([
            ...inputCode(entity.fields),
            HeaderMenu.fetch,
            BulkBar.fetch,
            ConflictChoices.fetch,
            CreateDrawer.fetch,
          ])
        : undefined,
    [isShown, entity],
  );

  const router = useRouter();
  const startAt = useRef(placeOf(stepOf(router.state)));
  const top = useRef(startAt.current);
  const hidden = list.group && !(list.fields[0]?.key === list.group.key) ? list.group.key : null;
  const fields = useMemo(() => list.fields.filter((field) => field.key !== hidden), [list.fields, hidden]);
  const selection = useMemo(() => ({ ...cells, rows: linesOf(picked, rows) }), [cells, picked, rows]);
  const [room, setRoom] = useState(Number.POSITIVE_INFINITY);
  const freeze = frozenIn(room, fields, list.freeze, list.widths, title);
  const rules = useNamedRules(entity, list.rules);

  const crowd = useCrowd(entity.key);

  const name = textOf(entity.label);
  const openSheet = useOpenSheet();
  const label = listName(entity, list.view);
  const open = (row: { id: Id; values: RecordValues }, aside: boolean) => {
    leaveTrail(store, row.id, label);
    if (aside) return openSheet({ entity: entity.key, id: row.id }, row.values);
    expectRecord(entity.key, row.id, row.values);
    void navigate({
      to: "/record/$entity/$id",
      params: { entity: entity.key, id: String(row.id) },
      state: { fromList: true },
    });
  };
  const onSort = (field: Field, add: boolean) => {
    if (field.sortable === false) return toast(t`「${textOf(field.label)}」不能排序`);
    const now = list.sort.find((item) => item.field === field.key)?.order;
    const others = add ? list.sort.filter((item) => item.field !== field.key) : [];
    const next =
      now === "desc" ? [] : [{ field: field.key, order: now ? ("desc" as const) : ("asc" as const) }];
    list.change({ sort: writeSort([...others, ...next]) });
  };
  const setColumns = (keys: string[]) => list.change({ cols: keys.join(",") });
  const move = (from: number, to: number) => {
    const keys = fields.map((field) => field.key);
    const [moved] = keys.splice(from, 1);
    if (moved) keys.splice(to, 0, moved);
    setColumns(hidden ? [...keys, hidden] : keys);
  };
  const chosen = countPicked(picked, totals.rows);
  const clearPicked = () => {
    setPicked(NOBODY);
    grid.current?.focus();
  };
  const amount = fields.find(isOverview);
  return (
    <>
      {store.error ? (
        <div style={{ padding: "10px 24px" }}>
          <Banner bad>
            {sentenceOf(store.error)}{" "}
            <button
              type="button"
              className="link-button"
              onClick={() => store.refresh()}
            >{t`再读一次`}</button>
          </Banner>
        </div>
      ) : null}
      {totals.known && totals.rows === 0 ? (
        nothing
      ) : groups === undefined || !totals.known ? (
        store.error ? null : (
          <Waiting />
        )
      ) : (
        <>
          <Aside entity={entity} store={store} label={label} top={top} />
          <LedgerGrid
            ref={grid}
            rows={rows}
            version={version}
            fields={fields}
            widths={widths}
            freeze={freeze}
            sort={list.sort}
            titleField={title}
            groupField={list.group}
            rules={rules}
            crowd={crowd}
            selection={selection}
            mayCreate={may(entity, "create")}
            startAt={startAt.current}
            roomBelow={chosen > 0 ? BAR_ROOM : 0}
            onTop={(line) => {
              top.current = line;
              keepPlace(stepOf(router.state), line);
            }}
            onSelection={(next) => {
              setCells({ ...next, rows: NOTHING.rows });
              if (next.rows !== selection.rows)
                void pick(picked, next.rows, rows).then(setPicked, (error) => toast(sentenceOf(error)));
            }}
            onSort={onSort}
            onColumnMenu={(field, box) => setMenu({ field, box })}
            onSizing={(field, width) => setSizing(width === null ? {} : { [field.key]: width })}
            onWidth={(field, width) =>
              list.change({ widths: writePairs({ ...list.widths, [field.key]: width }) })
            }
            onMove={move}
            onFold={fold}
            onOpen={open}
            onRoom={setRoom}
            onScroll={(left) => summary.current?.scrollTo(left)}
            onDeleteRows={() =>
              may(entity, "delete") &&
              void changeMany(
                entity,
                { ...targetOf(picked, narrowed), delete: true },
                (n) => t`已删除 ${n} 条${name}`,
              ).then((ok) => ok && setPicked(NOBODY))
            }
          />
          <SummaryRow
            ref={summary}
            fields={fields}
            widths={widths}
            freeze={freeze}
            titleField={title}
            sums={list.sums}
            values={sums}
            picked={pickedFigures(cells, rows, fields)}
            lead={
              <>
                <span>{t`共 ${total}`}</span>
                <JumpBox store={store} onJump={(index) => grid.current?.jumpTo(rows.line(index))} />
              </>
            }
            onSum={(field, op) => {
              const { [field.key]: _, ...rest } = list.sums;
              list.change({ sums: writePairs(op ? { ...rest, [field.key]: op } : rest) });
            }}
          />
        </>
      )}
      <Suspense>
        {menu ? (
          <HeaderMenu
            field={menu.field}
            box={menu.box}
            sort={list.sort}
            where={list.where}
            group={list.group}
            frozen={fields[list.freeze - 1]?.key === menu.field.key}
            sum={list.sums[menu.field.key]}
            onSort={(next) => list.change({ sort: writeSort(next) })}
            onWhere={(where) => list.change({ where: where ?? null }, true)}
            onBuild={() => onBuild({ field: menu.field })}
            onGroup={(group) => list.change({ group }, true)}
            onFreeze={() => {
              const at = fields.findIndex((field) => field.key === menu.field.key) + 1;
              list.change({ freeze: at === list.freeze ? 0 : at });
            }}
            onHide={() =>
              setColumns(list.fields.map((field) => field.key).filter((key) => key !== menu.field.key))
            }
            onMove={(step) => {
              const at = fields.findIndex((field) => field.key === menu.field.key);
              if (at + step >= 0 && at + step < fields.length) move(at, at + step);
            }}
            onWiden={(by) => {
              const width = Math.max(NARROWEST, columnWidth(menu.field, list.widths, title) + by);
              list.change({ widths: writePairs({ ...list.widths, [menu.field.key]: width }) });
            }}
            onSum={(op) => {
              const { [menu.field.key]: _, ...rest } = list.sums;
              list.change({ sums: writePairs(op ? { ...rest, [menu.field.key]: op } : rest) });
            }}
            onClose={() => {
              setMenu(null);
              grid.current?.focus();
            }}
          />
        ) : null}
      </Suspense>
      <Suspense>
        {chosen > 0 ? (
          <BulkBar
            entity={entity}
            count={chosen}
            target={targetOf(picked, narrowed)}
            figure={amount && !picked.all ? pickedAmount(picked, rows, amount) : null}
            onExport={(format) =>
              void exportList({
                entity: entity.key,
                format,
                select: list.fields.map((field) => field.key),
                where: whereOf(picked, narrowed),
                search: picked.all ? list.q : undefined,
                sort: list.sort.length ? list.sort : undefined,
              })
            }
            onClear={clearPicked}
          />
        ) : null}
      </Suspense>
    </>
  );
}

const stepOf = ({ location }: Pick<RouterState, "location">): string =>
  location.state.__TSR_key ?? location.href;

/** What follows from a record at the side. Apart from the sheet of rows, which need not be drawn anew for it. */
function Aside(props: { entity: Entity; store: RowStore; label: string; top: RefObject<number> }) {
  const { entity, store, label, top } = props;
  const step = useRouterState({ select: stepOf });
  // Another step of the history over the same list, such as an opened record, has the same rows in sight.
  useEffect(() => keepPlace(step, top.current), [step, top]);
  const opened = useOpened();
  // A link may have opened the sheet before the list was there.
  const openId = opened?.entity === entity.key ? opened.id : undefined;
  const isThere = openId !== undefined && store.indexOf(openId) !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when it comes into sight
  useEffect(() => {
    if (isThere) leaveTrail(store, openId, label);
  }, [isThere, store]);
  return null;
}
