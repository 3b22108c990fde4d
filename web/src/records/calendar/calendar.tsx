// Records on the days of a month, by one of their date fields. Dates move by drag and by the menu of a card.
import { plural, t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Popover, Select } from "antd";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { type DragEvent, useEffect, useState } from "react";
import { api } from "@/api/calls";
import { queryClient } from "@/api/catalog";
import { concerns, onChanges } from "@/api/events";
import type { Entity, Field, Where } from "@/api/types";
import { titleField } from "@/fields/references";
import { isWritable } from "@/fields/registry";
import { plainText } from "@/fields/widget";
import { currentLocale, textOf } from "@/i18n";
import { addDays, dayNumber, instantOf, ledgerDay, timeOf } from "@/lib/dates";
import { formatNumber } from "@/lib/money";
import { mondayOf, sayDue, weekdayName } from "@/ui/days";
import { sentenceOf } from "@/ui/errors";
import { Banner } from "@/ui/page";
import { toast } from "@/ui/toast";
import { faultOf } from "../fault";
import { both } from "../filter/conditions";
import { type Row, rowsOf } from "../grid/row-store";
import { type CountTeller, dayFields } from "../list/list-page";
import type { ListState } from "../list/use-list";
import { saveValues } from "../save";
import { recordChange } from "../undo";
import "../board/board.css";
import "./calendar.css";

const MOST = 500;
const PER_DAY = 4;

interface Props {
  entity: Entity;
  list: ListState;
  onCount: CountTeller;
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

export function Calendar({ entity, list, onCount }: Props) {
  const today = ledgerDay();
  const [month, setMonth] = useState(today.slice(0, 7));
  const field = dayField(entity, list.by);
  const title = titleField(entity.key);
  const first = mondayOf(`${month}-01`);
  const weeks = weeksOf(month, first);
  const last = addDays(first, weeks * 7 - 1);
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
    select: [...new Set([title, field.key])],
    where: both(list.where, inside),
    search: list.q,
    sort: field.sortable === false ? undefined : [{ field: field.key, order: "asc" as const }],
    limit: MOST,
    count: "capped" as const,
  };
  const key = ["calendar", entity.key, JSON.stringify(query)];
  const answer = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => api.query(entity.key, query, signal),
    placeholderData: (before) => before,
  });
  const rows = answer.data ? rowsOf(answer.data.columns, answer.data.rows) : [];
  const count = answer.data?.count;
  const countText = count ? `${formatNumber(count.value)}${count.exact ? "" : "+"} ${t`条`}` : null;
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
  const step = (months: number) => setMonth(addDays(`${month}-15`, months * 30).slice(0, 7));

  const move = async (row: Row, day: string) => {
    if (!mayMove || dayOf(field, row) === day) return;
    const before = plainText(row.values[field.key]);
    const value = instant ? instantOf(day, timeOf(before) || "00:00") : day;
    const name = plainText(row.values[title]);
    try {
      const done = await saveValues(entity.key, row.id, row.revision, { [field.key]: value });
      if (done) recordChange(t`「${name}」的${textOf(field.label)}改到 ${day}`, [done.changeset]);
    } catch (error) {
      toast(faultOf(error));
    }
    void queryClient.invalidateQueries({ queryKey: ["calendar", entity.key] });
  };

  const days = Array.from({ length: weeks * 7 }, (_, at) => addDays(first, at));
  return (
    <>
      <div className="calendar-head">
        <h2 aria-live="polite">{monthName(month)}</h2>
        <Button
          type="text"
          size="small"
          aria-label={t`上个月`}
          icon={<ChevronLeft size={16} />}
          onClick={() => step(-1)}
        />
        <Button size="small" onClick={() => setMonth(today.slice(0, 7))}>{t`今天`}</Button>
        <Button
          type="text"
          size="small"
          aria-label={t`下个月`}
          icon={<ChevronRight size={16} />}
          onClick={() => step(1)}
        />
        <span className="grow" />
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
          <Banner>{plural(MOST, { other: "这个月太多，只画出前 # 条。加个条件看得更清楚" })}</Banner>
        </div>
      ) : null}
      <div
        className="calendar"
        data-testid="calendar"
        style={{ gridTemplateRows: `auto repeat(${weeks}, minmax(96px, 1fr))` }}
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
            month={month}
            today={today}
            entity={entity}
            field={field}
            title={title}
            rows={byDay.get(day) ?? []}
            onMove={
              mayMove
                ? (id) => {
                    const row = rows.find((one) => one.id === id);
                    if (row) void move(row, day);
                  }
                : undefined
            }
          />
        ))}
      </div>
    </>
  );
}

function weeksOf(month: string, first: string): number {
  const next = addDays(`${month}-01`, 32).slice(0, 7);
  let weeks = 4;
  while (addDays(first, weeks * 7) < `${next}-01`) weeks += 1;
  return weeks;
}

function monthName(month: string): string {
  const [year = 0, number = 0] = month.split("-").map(Number);
  return t`${year} 年 ${number} 月`;
}

/** 初八, 十月: the day of the Chinese calendar. Only Chinese readers look for it. */
function lunarDay(day: string): string {
  if (currentLocale() !== "zh-CN") return "";
  const format = new Intl.DateTimeFormat("zh-CN-u-ca-chinese", {
    month: "long",
    day: "numeric",
    timeZone: "UTC",
  });
  const parts = format.formatToParts(new Date(`${day}T12:00:00Z`));
  const number = Number(parts.find((part) => part.type === "day")?.value);
  const month = parts.find((part) => part.type === "month")?.value ?? "";
  if (!Number.isInteger(number) || number < 1 || number > 30) return "";
  if (number === 1) return month;
  const digits = "一二三四五六七八九十";
  if (number <= 10) return `初${digits[number - 1]}`;
  if (number < 20) return `十${digits[number - 11]}`;
  if (number === 20) return "二十";
  return number === 30 ? "三十" : `廿${digits[number - 21]}`;
}

interface DayProps {
  day: string;
  month: string;
  today: string;
  entity: Entity;
  field: Field;
  title: string;
  rows: Row[];
  onMove?: (id: number) => void;
}

function Day({ day, month, today, entity, field, title, rows, onMove }: DayProps) {
  const [over, setOver] = useState(false);
  const weekend = dayNumber(day) === 0 || dayNumber(day) === 6;
  const outside = day.slice(0, 7) !== month;
  const label =
    day === today ? t`今天` : outside && day.endsWith("-01") ? day.slice(5) : String(Number(day.slice(8)));
  const shown = rows.length > PER_DAY ? rows.slice(0, PER_DAY - 1) : rows;
  const drag = onMove && {
    onDragOver: (event: DragEvent) => {
      if (!event.dataTransfer.types.includes(CARRIED)) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      setOver(false);
      const id = Number(event.dataTransfer.getData(CARRIED));
      if (id) onMove(id);
    },
  };
  return (
    <section
      className="calendar-day"
      data-weekend={weekend || undefined}
      data-outside={outside || undefined}
      data-over={over || undefined}
      aria-label={rows.length > 0 ? t`${day}，${rows.length} 条` : day}
      data-testid={`day-${day}`}
      {...drag}
    >
      <header>
        <span className={day === today ? "calendar-today" : undefined}>{label}</span>
        <span className="quiet small">{lunarDay(day)}</span>
      </header>
      {shown.map((row) => (
        <Entry
          key={row.id}
          row={row}
          entity={entity}
          field={field}
          title={title}
          movable={onMove !== undefined}
        />
      ))}
      {rows.length > shown.length ? (
        <Popover
          trigger="click"
          arrow={false}
          title={day}
          content={
            <div className="calendar-all">
              {rows.map((row) => (
                <Entry key={row.id} row={row} entity={entity} field={field} title={title} movable={false} />
              ))}
            </div>
          }
        >
          <button type="button" className="link-button small">
            {plural(rows.length - shown.length, { other: "还有 # 条" })}
          </button>
        </Popover>
      ) : null}
    </section>
  );
}

const CARRIED = "text/x-kehu-record";
const DEADLINES = ["next_follow_up", "due_at", "due_on"];

function Entry({
  row,
  entity,
  field,
  title,
  movable,
}: {
  row: Row;
  entity: Entity;
  field: Field;
  title: string;
  movable: boolean;
}) {
  const value = plainText(row.values[field.key]);
  const time = isInstant(field) ? timeOf(value) : "";
  const late = DEADLINES.includes(field.key) && sayDue(value).late;
  const name = plainText(row.values[title]) || t`没有名字`;
  return (
    <Link
      to="/record/$entity/$id"
      params={{ entity: entity.key, id: String(row.id) }}
      className={late ? "calendar-entry late" : "calendar-entry"}
      draggable={movable}
      onDragStart={(event: DragEvent) => event.dataTransfer.setData(CARRIED, String(row.id))}
      title={name}
      data-testid={`entry-${row.id}`}
    >
      {time ? <span>{time}</span> : null}
      <span className="calendar-name">{name}</span>
      {late ? <span>{t`逾期`}</span> : null}
    </Link>
  );
}
