// Records on the days of a month, a week or a list, by one of their date fields. Dates move by drag, by Alt and an
// arrow, and by the menu of a card.
import { plural, t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, type MenuProps, Select } from "antd";
import { ChevronLeft, ChevronRight, Ellipsis, type LucideIcon } from "lucide-react";
import {
  type DragEvent,
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  useEffect,
  useRef,
  useState,
} from "react";
import { api } from "@/api/calls";
import { queryClient } from "@/api/catalog";
import { type Crowd, concerns, onChanges } from "@/api/events";
import type { Count, Entity, Field, Where } from "@/api/types";
import { titleField } from "@/fields/references";
import { isWritable, whyFixed } from "@/fields/registry";
import { plainText } from "@/fields/widget";
import { textOf } from "@/i18n";
import { addDays, dayNumber, instantOf, ledgerDay, timeOf } from "@/lib/dates";
import { sayCount } from "@/ui/amounts";
import { Choices } from "@/ui/choices";
import { lunarDay, mondayOf, sayDay, sayDue, weekdayName } from "@/ui/days";
import { DropMenu } from "@/ui/drop-menu";
import { DropPanel } from "@/ui/drop-panel";
import { sentenceOf } from "@/ui/errors";
import { Panel } from "@/ui/focus";
import { Banner } from "@/ui/page";
import { toast } from "@/ui/toast";
import { useIsPhone } from "@/ui/use-media";
import { Around, useCrowd } from "../crowd";
import { faultOf } from "../fault";
import { both } from "../filter/conditions";
import { type Row, rowsOf } from "../grid/row-store";
import { dayFields } from "../list/kinds";
import { listName, useOpenAside } from "../list/leave-trail";
import type { CountTeller } from "../list/list-page";
import type { Span } from "../list/params";
import type { ListState } from "../list/use-list";
import { useMoving } from "../moving";
import { saveField } from "../save";
import { recordChange } from "../undo";
import "../board/board.css";
import "./calendar.css";

const MOST = 500;
const PER_DAY = 4;

interface Props {
  entity: Entity;
  list: ListState;
  onCount: CountTeller;
  /** What stands in the place of the days when the list has no records at all. */
  nothing: ReactNode;
}

interface Shown {
  rows: Row[];
  count: Count | null | undefined;
}

const dayField = (entity: Entity, by: string | undefined): Field => {
  const fields = dayFields(entity);
  const usual = ["next_follow_up", "due_at", "due_on", "end_on", "ordered_on", "happened_at"];
  return (
    fields.find((field) => field.key === by) ??
    usual.map((key) => fields.find((field) => field.key === key)).find((field) => field !== undefined) ??
    (fields[0] as Field)
  );
};

const isInstant = (field: Field): boolean => (field.value_type ?? field.type) === "datetime";
const dayOf = (field: Field, row: Row): string => {
  const text = plainText(row.values[field.key]);
  return isInstant(field) ? ledgerDay(new Date(text)) : text;
};

export function Calendar({ entity, list, onCount, nothing }: Props) {
  const today = ledgerDay();
  const isPhone = useIsPhone();
  const span = isPhone ? "list" : (list.span ?? "month");
  const on = list.on ?? today;
  const month = on.slice(0, 7);
  const field = dayField(entity, list.by);
  const title = titleField(entity.key);
  // Tasks are called alike: whom one is about tells them apart.
  const about = entity.fields.find((one) => one.key === "customer" && one.type === "relation");
  const [first, last] = rangeOf(span, on);
  const crowd = useCrowd(entity.key);
  const openAside = useOpenAside(entity.key, listName(entity, list.view));
  const instant = isInstant(field);
  const inside: Where = instant
    ? {
        and: [
          { field: field.key, op: "gte", value: instantOf(first) },
          { field: field.key, op: "lt", value: instantOf(addDays(last, 1)) },
        ],
      }
    : { field: field.key, op: "between", value: [first, last] };
  const query = {
    select: [...new Set([title, field.key, ...(about ? [about.key] : [])])],
    where: both(list.where, inside),
    search: list.q,
    sort: field.sortable === false ? undefined : [{ field: field.key, order: "asc" as const }],
    limit: MOST,
    count: "capped" as const,
  };
  const key = ["calendar", entity.key, JSON.stringify(query)];
  const answer = useQuery({
    queryKey: key,
    queryFn: async ({ signal }): Promise<Shown> => {
      const { columns, rows, count } = await api.query(entity.key, query, signal);
      return { rows: rowsOf(columns, rows), count };
    },
    placeholderData: (before) => before,
  });
  const { moving, move: carry } = useMoving(field.key, () =>
    queryClient.invalidateQueries({ queryKey: ["calendar", entity.key] }),
  );
  const rows = [...(answer.data?.rows ?? []).filter(({ id }) => !moving.has(id)), ...moving.values()];
  const count = answer.data?.count;
  const countText = count ? sayCount(count.value, count.exact) : null;
  // Other days may have some; when the list has none, an empty month would say nothing.
  const isBlank = count?.value === 0 && !answer.isPlaceholderData;
  const anywhere = useQuery({
    queryKey: ["calendar", entity.key, "any", JSON.stringify([list.where, list.q])],
    queryFn: ({ signal }) =>
      api.query(entity.key, { select: [], where: list.where, search: list.q, limit: 1 }, signal),
    enabled: isBlank,
  }).data;
  useEffect(
    () => onCount(countText ? { text: countText, exact: () => undefined } : null),
    [countText, onCount],
  );
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = onChanges((event) => {
      if (!concerns(event, entity.key)) return;
      clearTimeout(timer);
      timer = setTimeout(
        () => void queryClient.invalidateQueries({ queryKey: ["calendar", entity.key] }),
        250,
      );
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [entity.key]);

  const byDay = new Map<string, Row[]>();
  for (const row of rows) byDay.set(dayOf(field, row), [...(byDay.get(dayOf(field, row)) ?? []), row]);
  const mayMove = isWritable(field);
  const go = (day: string) => list.change({ on: day === today ? "" : day });
  const step = (by: number) =>
    go(span === "week" ? addDays(on, by * 7) : `${addDays(`${month}-15`, by * 30).slice(0, 7)}-01`);

  const move = async (row: Row, day: string) => {
    if (!mayMove || dayOf(field, row) === day) return;
    const before = plainText(row.values[field.key]);
    const value = instant ? instantOf(day, timeOf(before) || "00:00") : day;
    const name = plainText(row.values[title]);
    await carry(row, value, async () => {
      try {
        const done = await saveField(entity.key, row, field.key, value);
        if (done) recordChange(t`「${name}」的${textOf(field.label)}改到 ${day}`, [done.changeset]);
      } catch (error) {
        toast(faultOf(error));
      }
    });
  };
  // A card that was moved by keys keeps the focus on its new day.
  const moved = useRef<number | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: after every answer
  useEffect(() => {
    const card = moved.current && document.querySelector<HTMLElement>(`[data-entry="${moved.current}"]`);
    if (card && document.activeElement === document.body) card.focus();
  }, [answer.data, moving]);
  const shift = (row: Row, by: number) => {
    const day = addDays(dayOf(field, row), by);
    moved.current = row.id;
    void move(row, day);
    // The calendar follows a record that leaves the days in sight.
    if (day < first || day > last) go(day);
  };
  const carried = useRef<Row | null>(null);
  // The week of today is in sight when its month opens, also in a low window.
  const box = useRef<HTMLDivElement>(null);
  const isRead = answer.data !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each span that is looked at
  useEffect(() => {
    const day = box.current?.querySelector<HTMLElement>("[data-today]");
    if (isRead && box.current && day)
      box.current.scrollTop = day.offsetTop + day.offsetHeight - box.current.clientHeight;
  }, [isRead, first]);

  const all = daysOf(first, last);
  const days = span === "list" ? all.filter((day) => byDay.has(day) || day === today) : all;
  const entries: EntriesProps = {
    entity,
    field,
    title,
    about,
    crowd,
    onShift: mayMove ? shift : undefined,
    onCarry: (row) => {
      carried.current = row;
    },
    onOpen: (event, id) =>
      openAside(
        event,
        id,
        rows.map((row) => row.id),
      ),
  };
  const drag = span === "list" ? t`键盘：Alt 加方向键改日期` : t`拖到哪天就改到哪天；键盘：Alt 加方向键`;
  const blank = isBlank ? t`这些天没有${textOf(entity.label)}的「${textOf(field.label)}」` : "";
  const hint = mayMove ? blank || drag : [blank, whyFixed(field)].filter(Boolean).join(" · ");
  const unit = span === "week" ? [t`上周`, t`下周`] : [t`上个月`, t`下个月`];
  if (isBlank && anywhere?.rows.length === 0) return nothing;
  return (
    <>
      <div className="calendar-head">
        <h2 aria-live="polite">{span === "week" ? weekName(first, last) : monthName(month)}</h2>
        <Turn label={unit[0]} icon={ChevronLeft} at={on} onTurn={() => step(-1)} />
        <Button size="small" onClick={() => go(today)}>{t`今天`}</Button>
        <Turn label={unit[1]} icon={ChevronRight} at={on} onTurn={() => step(1)} />
        <span className="grow quiet small calendar-hint">{isPhone && !isBlank ? null : hint}</span>
        {isPhone ? null : (
          <Choices<Span>
            label={t`一次看多少`}
            name="span"
            value={span}
            choices={[
              { value: "month", label: t`月` },
              { value: "week", label: t({ context: "calendar", message: "周" }) },
              { value: "list", label: t`清单` },
            ]}
            onChange={(next) => list.change({ span: next })}
          />
        )}
        <span className="quiet">{t`按`}</span>
        <Select
          size="small"
          aria-label={t`日历按哪个日期`}
          popupMatchSelectWidth={false}
          value={field.key}
          options={dayFields(entity).map((one) => ({ value: one.key, label: textOf(one.label) }))}
          onChange={(by) => list.change({ by })}
        />
      </div>
      {answer.error ? (
        <div style={{ padding: "0 24px 10px" }}>
          <Banner bad>{sentenceOf(answer.error)}</Banner>
        </div>
      ) : null}
      {count && count.value > MOST ? (
        <div style={{ padding: "0 24px 10px" }}>
          <Banner>{plural(MOST, { other: "太多，只画出前 # 条。加个条件看得更清楚" })}</Banner>
        </div>
      ) : null}
      {span === "list" ? (
        <Agenda days={days} today={today} byDay={byDay} {...entries} />
      ) : (
        <div
          ref={box}
          className={`calendar ${span}`}
          data-testid="calendar"
          style={{
            // A day of the month is as high as what it holds; one of a week scrolls by itself.
            gridTemplateRows: `auto repeat(${days.length / 7}, minmax(${span === "week" ? "96px" : "min-content"}, 1fr))`,
          }}
        >
          {days.slice(0, 7).map((day) => (
            <div key={day} className="calendar-weekday">
              {weekdayName(day)}
            </div>
          ))}
          {days.map((day) => (
            <Day
              key={day}
              day={day}
              month={span === "week" ? day.slice(0, 7) : month}
              most={span === "week" ? MOST : PER_DAY}
              today={today}
              rows={byDay.get(day) ?? []}
              onDrop={
                mayMove
                  ? () => {
                      if (carried.current) void move(carried.current, day);
                    }
                  : undefined
              }
              {...entries}
            />
          ))}
        </div>
      )}
    </>
  );
}

const TURN_MS = 800;

/** Leads to the days before or after: by a press, or by a record that is dragged there and waits. */
function Turn({
  label,
  icon: Icon,
  at,
  onTurn,
}: {
  label: string | undefined;
  icon: LucideIcon;
  at: string;
  onTurn: () => void;
}) {
  const [over, setOver] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: who waits on goes on turning
  useEffect(() => {
    if (!over) return;
    const timer = setTimeout(onTurn, TURN_MS);
    return () => clearTimeout(timer);
  }, [over, at]);
  return (
    <Button
      type="text"
      size="small"
      aria-label={label}
      icon={<Icon size={16} />}
      onClick={onTurn}
      onDragEnter={(event) => isCarried(event) && setOver(true)}
      onDragLeave={(event) => isInside(event) || setOver(false)}
    />
  );
}

/** The days of a span with their records, one below the other. */
function Agenda({
  days,
  today,
  byDay,
  ...entries
}: { days: string[]; today: string; byDay: Map<string, Row[]> } & EntriesProps) {
  return (
    <div className="agenda" data-testid="calendar">
      {days.map((day) => {
        const rows = byDay.get(day) ?? [];
        return (
          <section key={day} data-testid={`day-${day}`} aria-label={dayLabel(day, rows)}>
            <header className="agenda-day">
              <b className={day === today ? "calendar-today" : undefined}>{sayDay(day, today)}</b>
              <span className="quiet small">
                {weekdayName(day)} {lunarDay(day)}
              </span>
            </header>
            <div>
              {rows.map((row) => (
                <Entry key={row.id} row={row} {...entries} />
              ))}
              {rows.length === 0 ? <span className="quiet">{t`没有安排`}</span> : null}
            </div>
          </section>
        );
      })}
    </div>
  );
}

const dayLabel = (day: string, rows: Row[]): string => (rows.length > 0 ? t`${day}，${rows.length} 条` : day);

/** First and last day of what is seen around a day: a month is filled up to whole weeks. */
export function rangeOf(span: Span, on: string): [first: string, last: string] {
  const month = `${on.slice(0, 7)}-01`;
  const end = addDays(`${addDays(month, 32).slice(0, 7)}-01`, -1);
  if (span === "list") return [month, end];
  const first = mondayOf(span === "week" ? on : month);
  return [first, addDays(mondayOf(span === "week" ? on : end), 6)];
}

function daysOf(first: string, last: string): string[] {
  const days: string[] = [];
  for (let day = first; day <= last; day = addDays(day, 1)) days.push(day);
  return days;
}

const weekName = (first: string, last: string): string => `${first} – ${last.slice(5)}`;

function monthName(month: string): string {
  const [year = 0, number = 0] = month.split("-").map(Number);
  return t`${year} 年 ${number} 月`;
}

interface EntriesProps {
  entity: Entity;
  field: Field;
  title: string;
  about: Field | undefined;
  crowd: Crowd;
  /** Moves a record by some days. */
  onShift?: (row: Row, by: number) => void;
  /** A record is being dragged: it may be dropped in another month, where it is not among the records. */
  onCarry: (row: Row) => void;
  onOpen: (event: MouseEvent, id: number) => void;
}
interface DayProps extends EntriesProps {
  day: string;
  month: string;
  most: number;
  today: string;
  rows: Row[];
  onDrop?: () => void;
}

const isCarried = (event: DragEvent): boolean => event.dataTransfer.types.includes(CARRIED);
const isInside = (event: DragEvent): boolean =>
  event.currentTarget.contains(event.relatedTarget as Node | null);

function Day({ day, month, most, today, rows, onDrop, ...entries }: DayProps) {
  const [over, setOver] = useState(false);
  const weekend = dayNumber(day) === 0 || dayNumber(day) === 6;
  const outside = day.slice(0, 7) !== month;
  const label =
    day === today ? t`今天` : outside && day.endsWith("-01") ? day.slice(5) : String(Number(day.slice(8)));
  const shown = rows.length > most ? rows.slice(0, most - 1) : rows;
  const drag = onDrop && {
    onDragOver: (event: DragEvent) => {
      if (!isCarried(event)) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: (event: DragEvent) => isInside(event) || setOver(false),
    onDrop: (event: DragEvent) => {
      setOver(false);
      if (isCarried(event)) onDrop();
    },
  };
  return (
    <section
      className="calendar-day"
      data-today={day === today || undefined}
      data-weekend={weekend || undefined}
      data-outside={outside || undefined}
      data-over={over || undefined}
      aria-label={dayLabel(day, rows)}
      data-testid={`day-${day}`}
      {...drag}
    >
      <header>
        <span className={day === today ? "calendar-today" : undefined}>{label}</span>
        <span className="quiet small">{lunarDay(day)}</span>
      </header>
      {shown.map((row) => (
        <Entry key={row.id} row={row} {...entries} />
      ))}
      {rows.length > shown.length ? (
        <DropPanel
          title={day}
          content={
            <Panel>
              <div className="calendar-all">
                {rows.map((row) => (
                  <Entry key={row.id} row={row} {...entries} />
                ))}
              </div>
            </Panel>
          }
        >
          <button type="button" className="link-button small">
            {plural(rows.length - shown.length, { other: "还有 # 条" })}
          </button>
        </DropPanel>
      ) : null}
    </section>
  );
}

const CARRIED = "text/x-kehu-record";
const DEADLINES = ["next_follow_up", "due_at", "due_on"];

type Picked = Parameters<NonNullable<MenuProps["onClick"]>>[0];

const SHIFTS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

function Entry(props: EntriesProps & { row: Row }) {
  const { row, entity, field, title, about, crowd, onShift, onCarry, onOpen } = props;
  const isPhone = useIsPhone();
  const value = plainText(row.values[field.key]);
  const time = isInstant(field) ? timeOf(value) : "";
  const late = DEADLINES.includes(field.key) && sayDue(value).late;
  const name = plainText(row.values[title]) || t`没有名字`;
  const whose = about ? plainText(row.values[about.key]) : "";
  const onKey = (event: KeyboardEvent) => {
    const by = event.altKey ? SHIFTS[event.key] : undefined;
    if (!by || !onShift) return;
    event.preventDefault();
    onShift(row, by);
  };
  const link = (
    <Link
      to="/record/$entity/$id"
      params={{ entity: entity.key, id: String(row.id) }}
      className={late ? "calendar-entry late" : "calendar-entry"}
      draggable={onShift !== undefined}
      onDragStart={(event: DragEvent) => {
        event.dataTransfer.setData(CARRIED, String(row.id));
        event.dataTransfer.effectAllowed = "move";
        onCarry(row);
      }}
      onClick={(event) => onOpen(event, row.id)}
      onKeyDown={onKey}
      aria-keyshortcuts={onShift ? "Alt+ArrowLeft Alt+ArrowRight Alt+ArrowUp Alt+ArrowDown" : undefined}
      title={whose ? `${name} · ${whose}` : name}
      data-testid={`entry-${row.id}`}
      data-entry={row.id}
    >
      {time ? <span>{time}</span> : null}
      <span className="calendar-name">
        {name}
        {whose ? ` · ${whose}` : ""}
      </span>
      <Around people={crowd.get(row.id)} />
      {late ? <span>{t`逾期`}</span> : null}
    </Link>
  );
  if (!onShift) return link;
  const moves: [number, string][] = [
    [-1, t`提前一天`],
    [1, t`推后一天`],
    [-7, t`提前一周`],
    [7, t`推后一周`],
  ];
  const menu = {
    items: moves.map(([by, label]) => ({ key: String(by), label })),
    onClick: ({ key, domEvent }: Picked) => {
      domEvent.stopPropagation();
      onShift(row, Number(key));
    },
  };
  if (!isPhone)
    return (
      <DropMenu trigger={["contextMenu"]} menu={menu}>
        {link}
      </DropMenu>
    );
  return (
    <div className="calendar-line">
      {link}
      <DropMenu trigger={["click"]} menu={menu}>
        <button
          type="button"
          className="calendar-menu"
          aria-label={t`改「${name}」的日期`}
          data-testid={`shift-${row.id}`}
        >
          <Ellipsis size={20} />
        </button>
      </DropMenu>
    </div>
  );
}
