// Records as cards in columns of a choice: dragged by mouse, finger or keys, moved by a menu, undone by the toast.
import {
  DndContext,
  type DragEndEvent,
  DragOverlay,
  type DragStartEvent,
  KeyboardSensor,
  PointerSensor,
  pointerWithin,
  rectIntersection,
  useDraggable,
  useDroppable,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import { t } from "@lingui/core/macro";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Select } from "antd";
import { Ellipsis, GripVertical } from "lucide-react";
import { type MouseEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { api } from "@/api/calls";
import { queryClient } from "@/api/catalog";
import { type Crowd, concerns, onChanges } from "@/api/events";
import { Problem } from "@/api/problem";
import type { Condition, Entity, Field, Id, Value, Where } from "@/api/types";
import { optionChoices, optionLabel } from "@/fields/options";
import { titleField } from "@/fields/references";
import { isWritable, whyFixed, widgetOf } from "@/fields/registry";
import { isEmpty, isReference, plainText } from "@/fields/widget";
import { textOf } from "@/i18n";
import { formatNumber } from "@/lib/money";
import { sayCount } from "@/ui/amounts";
import { DropMenu } from "@/ui/drop-menu";
import { sentenceOf } from "@/ui/errors";
import { Avatar, Grade, Stage } from "@/ui/marks";
import { toast } from "@/ui/toast";
import { Around, useCrowd } from "../crowd";
import { useOpenSheet } from "../detail/sheet";
import { faultOf } from "../fault";
import { both } from "../filter/conditions";
import { Flags } from "../flags";
import { cellOf, cellText, isOverview, overviewAmount } from "../grid/cells";
import { type Row, rowsOf } from "../grid/row-store";
import { boardFields, columnField } from "../list/kinds";
import { listName, useOpenAside } from "../list/leave-trail";
import type { CountTeller } from "../list/list-page";
import { isSummable, useFigures } from "../list/use-groups";
import type { ListState } from "../list/use-list";
import { useMoving } from "../moving";
import { saveField } from "../save";
import { recordChange } from "../undo";
import { useCarried } from "./counts";
import "./board.css";

const PAGE = 30;
const NONE = "";
const MOST_FACTS = 3;
// These have places of their own on a card.
const APART = ["grade", "owner", "flags"];

export interface BoardProps {
  entity: Entity;
  list: ListState;
  onCount: CountTeller;
  /** What stands in the place of the columns when none of them has a card. */
  nothing: ReactNode;
}

/** What a board shows and does, however wide it is. */
export function useBoard({ entity, list, onCount }: Omit<BoardProps, "nothing">) {
  const field = columnField(entity, list.by);
  const title = titleField(entity.key);
  const openAside = useOpenAside(entity.key, listName(entity, list.view));
  const facts = list.fields.filter((one) => ![title, field.key, ...APART].includes(one.key));
  const select = [...new Set([title, ...facts.map((one) => one.key), ...APART])].filter((key) =>
    entity.fields.some((one) => one.key === key),
  );
  const summed = list.fields.find((one) => isOverview(one)) ?? list.fields.find(isSummable);
  const narrowed = { where: list.where, search: list.q };
  const told = useFigures(entity.key, {
    group: [{ field: field.key }],
    measures: [{ op: "count" }, ...(summed ? [{ op: "sum" as const, field: summed.key }] : [])],
    ...narrowed,
  });
  const { figures, more, go } = useCarried(field.key, told);
  const total = figures ? Number(figures.total[1] ?? 0) : null;
  useEffect(
    () => onCount(total === null ? null : { text: sayCount(total), exact: () => undefined }),
    [total, onCount],
  );

  const crowd = useCrowd(entity.key);
  const readAgain = () => queryClient.invalidateQueries({ queryKey: ["board", entity.key] });
  const { moving, move: carry } = useMoving(field.key, readAgain);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = onChanges((event) => {
      if (!concerns(event, entity.key)) return;
      clearTimeout(timer);
      timer = setTimeout(() => void queryClient.invalidateQueries({ queryKey: ["board", entity.key] }), 250);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [entity.key]);

  const mayMove = isWritable(field);
  const label = (key: string) => (key === NONE ? t`没填` : optionLabel(field, key));

  const openSheet = useOpenSheet();
  const move = async (row: Row, to: string, byKeys = false) => {
    const from = plainText(row.values[field.key]);
    if (from === to || !mayMove) return;
    const name = plainText(row.values[title]);
    const value = to === NONE ? null : to;
    const tell = go(row.id, from, to);
    const done = carry(row, value, async () => {
      try {
        const answer = await saveField(entity.key, row, field.key, value);
        if (answer) recordChange(t`「${name}」${label(from)} → ${label(to)}`, [answer.changeset]);
        tell(typeof answer?.changeset === "number");
      } catch (error) {
        tell(false);
        const open = () => openSheet({ entity: entity.key, id: row.id }, row.values);
        // What the new column asks for is filled in on the record.
        const isAsked = error instanceof Problem && error.errors.length > 0;
        toast(faultOf(error), isAsked ? { label: t`去填`, run: open } : undefined);
      }
    });
    if (byKeys) focusCard(row.id);
    await done;
    if (byKeys) focusCard(row.id);
  };

  const columns = [...optionChoices(field).map(({ value }) => value)];
  const known = figures?.rows.some(([value, count]) => isEmpty(value) && Number(count) > 0);
  if (known) columns.push(NONE);
  const figure = (key: string): { count: number; sum: Value } => {
    const row = figures?.rows.find(([value]) => (isEmpty(value) ? NONE : plainText(value)) === key);
    return { count: Number(row?.[1] ?? 0), sum: row?.[2] };
  };
  const columnProps = (key: string): ColumnProps => ({
    entity,
    field,
    option: key,
    label: label(key),
    count: figure(key).count + more(key),
    moving,
    sum: summed ? sumText(summed, figure(key).sum) : "",
    query: {
      select: [...select, field.key],
      ...narrowed,
      sort: list.sort.length ? list.sort : undefined,
    },
    title,
    facts,
    columns,
    crowd,
    nameColumn: label,
    onOpen: openAside,
    onMove: mayMove ? (row, to) => void move(row, to) : undefined,
  });
  return { field, title, facts, columns, label, mayMove, move, columnProps, hasNone: total === 0 };
}

export function Board(props: BoardProps) {
  const { entity, list } = props;
  const { field, title, facts, columns, label, mayMove, move, columnProps, hasNone } = useBoard(props);
  const [dragged, setDragged] = useState<Row | null>(null);
  const [said, setSaid] = useState("");
  const box = useRef<HTMLDivElement>(null);
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 6 } }),
    useSensor(KeyboardSensor, { coordinateGetter: toNextColumn }),
  );
  if (hasNone) return props.nothing;
  return (
    <>
      <div className="board-head">
        <span className="quiet">{t`列是`}</span>
        <Select
          size="small"
          aria-label={t`看板的列`}
          popupMatchSelectWidth={false}
          value={field.key}
          options={boardFields(entity).map((one) => ({ value: one.key, label: textOf(one.label) }))}
          onChange={(by) => list.change({ by })}
        />
        {mayMove ? (
          <span className="quiet small">{t`拖动卡片换列；键盘：空格拿起，← → 换列，再按空格放下`}</span>
        ) : (
          <span className="quiet small">{whyFixed(field)}</span>
        )}
      </div>
      <DndContext
        sensors={sensors}
        collisionDetection={(args) => {
          const at = args.pointerCoordinates;
          if (!at) return rectIntersection(args); // moved by keys
          return isWithin(box.current, at) ? pointerWithin(args) : [];
        }}
        accessibility={{
          announcements: {
            onDragStart: ({ active }) => t`拿起了「${nameOf(active.data.current)}」`,
            onDragOver: ({ over }) => (over ? t`到了「${label(String(over.id))}」` : t`不在任何一列上`),
            onDragEnd: ({ over }) => (over ? t`放进了「${label(String(over.id))}」` : t`放回原处`),
            onDragCancel: () => t`放回原处`,
          },
          screenReaderInstructions: { draggable: t`按空格拿起，用左右方向键换列，再按空格放下，Esc 放回` },
        }}
        onDragStart={({ active }: DragStartEvent) => setDragged((active.data.current as { row: Row }).row)}
        onDragOver={({ active, over }) => {
          const from = plainText((active.data.current as { row: Row }).row.values[field.key]);
          setSaid(over && over.id !== from ? t`松手后：${label(from)} → ${label(String(over.id))}` : "");
        }}
        onDragCancel={() => {
          setDragged(null);
          setSaid("");
        }}
        onDragEnd={({ active, over, activatorEvent }: DragEndEvent) => {
          setDragged(null);
          setSaid("");
          const byKeys = activatorEvent instanceof KeyboardEvent;
          if (over) void move((active.data.current as { row: Row }).row, String(over.id), byKeys);
        }}
      >
        <div ref={box} className="board" data-testid="board">
          {columns.map((key) => (
            <Column key={key} {...columnProps(key)} />
          ))}
        </div>
        <DragOverlay dropAnimation={null}>
          {dragged ? (
            <div className="board-card lifted">
              <CardFace row={dragged} entity={entity} title={title} facts={facts.slice(0, MOST_FACTS)} />
            </div>
          ) : null}
        </DragOverlay>
      </DndContext>
      {said ? (
        <div className="board-said" aria-hidden>
          {said} <kbd>Esc</kbd> {t`放回`}
        </div>
      ) : null}
    </>
  );
}

const SETTLES_MS = 2_000;

/** A card that was moved by keys keeps the keyboard, though its columns are read anew one after the other. */
function focusCard(id: Id): void {
  const until = performance.now() + SETTLES_MS;
  const handle = `[data-testid="handle-${id}"]`;
  const look = () => {
    const now = document.activeElement;
    if (now === document.body) document.querySelector<HTMLElement>(handle)?.focus({ preventScroll: true });
    else if (!now?.matches(handle)) return; // whoever has gone on to another place keeps it
    if (performance.now() < until) setTimeout(look, 100);
  };
  look();
}

/** Columns that are scrolled away lie below what is beside the board: let go there, a card goes back. */
function isWithin(box: HTMLElement | null, { x, y }: { x: number; y: number }): boolean {
  const edge = box?.getBoundingClientRect();
  return edge !== undefined && x >= edge.left && x <= edge.right && y >= edge.top && y <= edge.bottom;
}

const nameOf = (data: unknown): string => (data as { name?: string } | undefined)?.name ?? "";

function sumText(field: Field, value: Value): string {
  if (isEmpty(value) || Number(value) === 0) return "–";
  return isOverview(field) ? overviewAmount(value) : widgetOf(field).text(value, field);
}

/** Arrow keys carry a lifted card to the column at the left or right. */
const toNextColumn: NonNullable<
  ConstructorParameters<typeof KeyboardSensor>[0]["options"]["coordinateGetter"]
> = (event, { currentCoordinates, context: { droppableRects, active, over } }) => {
  const step = event.code === "ArrowRight" ? 1 : event.code === "ArrowLeft" ? -1 : 0;
  if (!step || !active) return undefined;
  event.preventDefault();
  const all = [...droppableRects.entries()].sort(([, a], [, b]) => a.left - b.left);
  const home = String((active.data.current as { column: string }).column);
  const now = all.findIndex(([id]) => id === (over?.id ?? home));
  const next = all[now + step]?.[1];
  return next
    ? { x: next.left + 12, y: Math.max(next.top + 8, Math.min(currentCoordinates.y, next.bottom - 80)) }
    : undefined;
};

interface CardPage {
  rows: Row[];
  next: string | null;
}

export interface ColumnProps {
  entity: Entity;
  field: Field;
  option: string;
  label: string;
  count: number;
  /** What is moved stands in its new column only, on top. */
  moving: ReadonlyMap<Id, Row>;
  sum: string;
  query: Pick<Parameters<typeof api.query>[1], "select" | "where" | "search" | "sort">;
  title: string;
  facts: Field[];
  columns: string[];
  crowd: Crowd;
  nameColumn: (key: string) => string;
  onMove?: (row: Row, to: string) => void;
  onOpen: (event: MouseEvent, id: number, others: number[]) => void;
  byMenu?: boolean;
}

/** The cards of one column. On a phone nothing is dragged: each card has its menu. */
export function Column(props: ColumnProps) {
  const { entity, field, option, label, count, moving, sum, query, onMove, byMenu } = props;
  const { setNodeRef, isOver } = useDroppable({ id: option, disabled: !onMove || byMenu });
  const own: Condition =
    option === NONE ? { field: field.key, op: "empty" } : { field: field.key, op: "eq", value: option };
  const where = both(query.where ?? undefined, own as Where);
  const cards = useInfiniteQuery({
    queryKey: ["board", entity.key, option, JSON.stringify({ ...query, where })],
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam, signal }): Promise<CardPage> => {
      const answer = await api.query(entity.key, { ...query, where, limit: PAGE, after: pageParam }, signal);
      return { rows: rowsOf(answer.columns, answer.rows), next: answer.next };
    },
    getNextPageParam: (page) => page.next,
  });
  const read = cards.data?.pages.flatMap((page) => page.rows) ?? [];
  const rows = [
    ...[...moving.values()].filter((row) => plainText(row.values[field.key]) === option),
    ...read.filter(({ id }) => !moving.has(id)),
  ];
  const left = count - rows.length;
  return (
    <section
      ref={setNodeRef}
      className="board-column"
      data-over={isOver || undefined}
      aria-label={label}
      data-testid={`board-${option || "none"}`}
    >
      {byMenu ? (
        sum && sum !== "–" ? (
          <header className="quiet small">{t`合计 ${sum}`}</header>
        ) : null
      ) : (
        <header>
          {field.key === "stage" ? (
            <Stage stage={option} label={label} />
          ) : field.key === "grade" && option ? (
            <>
              <Grade grade={option} label={label} /> <span>{label}</span>
            </>
          ) : (
            <span>{label}</span>
          )}
          <span className="quiet" data-testid={`board-count-${option || "none"}`}>
            {formatNumber(count)}
          </span>
          <span className="grow" />
          <span className="quiet small">{sum}</span>
        </header>
      )}
      <ul>
        {rows.map((row) => (
          <Card key={row.id} row={row} others={rows} {...props} />
        ))}
      </ul>
      {cards.isPending ? <div className="board-waiting" aria-busy="true" /> : null}
      {cards.error ? <p className="danger-text small">{sentenceOf(cards.error)}</p> : null}
      {cards.hasNextPage && left > 0 ? (
        <Button
          type="text"
          size="small"
          loading={cards.isFetchingNextPage}
          onClick={() => void cards.fetchNextPage()}
        >
          {t`还有 ${formatNumber(left)} 条，再看一些`}
        </Button>
      ) : null}
    </section>
  );
}

function Card({
  row,
  others,
  entity,
  option,
  title,
  facts,
  columns,
  crowd,
  nameColumn,
  onMove,
  onOpen,
  byMenu,
}: ColumnProps & { row: Row; others: Row[] }) {
  const name = plainText(row.values[title]) || t`没有名字`;
  const { setNodeRef, setActivatorNodeRef, attributes, listeners, isDragging } = useDraggable({
    id: row.id,
    data: { row, name, column: option },
    disabled: !onMove || byMenu,
  });
  const link = useRef<HTMLAnchorElement>(null);
  return (
    <li
      ref={setNodeRef}
      className="board-card"
      data-dragging={isDragging || undefined}
      data-testid={`card-${row.id}`}
    >
      <Link
        ref={link}
        to="/record/$entity/$id"
        params={{ entity: entity.key, id: String(row.id) }}
        className="board-link"
        draggable={false}
        onClick={(event) =>
          onOpen(
            event,
            row.id,
            others.map((one) => one.id),
          )
        }
        onPointerDown={byMenu ? undefined : (event) => listeners?.onPointerDown?.(event)}
      >
        <CardFace
          row={row}
          entity={entity}
          title={title}
          facts={facts.slice(0, MOST_FACTS)}
          people={crowd.get(row.id)}
        />
      </Link>
      {onMove ? (
        <DropMenu
          trigger={[byMenu ? "click" : "contextMenu"]}
          menu={{
            items: columns
              .filter((key) => key !== option)
              .map((key) => ({ key, label: t`移到「${nameColumn(key)}」` })),
            onClick: ({ key }) => onMove(row, key),
          }}
        >
          <button
            type="button"
            ref={setActivatorNodeRef}
            className="board-handle"
            data-testid={`handle-${row.id}`}
            {...(byMenu ? {} : { ...attributes, ...listeners })}
            aria-label={t`移动「${name}」`}
          >
            {byMenu ? <Ellipsis size={20} /> : <GripVertical size={14} />}
          </button>
        </DropMenu>
      ) : null}
    </li>
  );
}

function CardFace({
  row,
  entity,
  title,
  facts,
  people,
}: {
  row: Row;
  entity: Entity;
  title: string;
  facts: Field[];
  people?: string[];
}) {
  const grade = entity.fields.find((field) => field.key === "grade");
  const value = row.values.grade;
  const owner = row.values.owner;
  const shown = facts.filter((field) => !isEmpty(row.values[field.key]));
  return (
    <>
      <span className="board-title">
        {grade && !isEmpty(value) ? (
          <Grade grade={plainText(value)} label={optionLabel(grade, value)} />
        ) : null}
        <span className="board-name">{plainText(row.values[title]) || t`没有名字`}</span>
        <Around people={people} />
      </span>
      {entity.key === "customer" && !isEmpty(row.values.flags) ? (
        <span className="board-flags">
          <Flags value={row.values.flags} />
        </span>
      ) : null}
      <span className="board-facts">
        <span className="board-lines">
          {shown.map((field) => {
            const late = cellOf(row, field).look?.kind === "late";
            const value = row.values[field.key];
            return (
              <span key={field.key} className={late ? "danger-text" : undefined} title={textOf(field.label)}>
                {isOverview(field) && !isEmpty(value) ? overviewAmount(value) : cellText(field, value)}
              </span>
            );
          })}
        </span>
        {isReference(owner) ? (
          <span title={owner.label}>
            <Avatar name={owner.label} />
            <span className="visually-hidden">{owner.label}</span>
          </span>
        ) : null}
      </span>
    </>
  );
}
