import { t } from "@lingui/core/macro";
import { Link } from "@tanstack/react-router";
import { Phone } from "lucide-react";
import { type UIEvent, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Crowd } from "@/api/events";
import type { Entity, Field, Id } from "@/api/types";
import { isEmpty, isMasked, plainText } from "@/fields/widget";
import { formatNumber } from "@/lib/money";
import { Grade } from "@/ui/marks";
import { Around } from "../crowd";
import { Flags } from "../flags";
import { cellOf, cellText, isOverview, overviewAmount } from "../grid/cells";
import type { Row } from "../grid/row-store";
import type { RowGroup, Rows } from "../grid/rows";
import { RuleBar } from "./rule-bar";
import { type NamedRule, ruleOf } from "./rules";
import "./phone-list.css";

const ROW = 72;
const GROUP = 44;
const AHEAD = 12;
const MOST_FACTS = 3;

/** What a phone shows below the name: when, who, how much. */
export function phoneFacts(entity: Entity, shown: Field[], title: string): Field[] {
  const usual = ["next_follow_up", "due_at", "owner", "assignee", "total_amount", "amount", "status"];
  const known = usual
    .map((key) => entity.fields.find((field) => field.key === key))
    .filter((field): field is Field => field !== undefined);
  const others = shown.filter((field) => field.key !== title && !known.includes(field));
  return [...known, ...others].slice(0, MOST_FACTS);
}

/** The number that a tap calls. */
export const phoneField = (entity: Entity): Field | undefined =>
  entity.fields.find((field) => field.key === "contact_method") ??
  entity.fields.find((field) => ["cn_mobile", "phone"].includes(field.type));

interface Props {
  entity: Entity;
  rows: Rows;
  version: number;
  title: string;
  facts: Field[];
  phone: Field | undefined;
  rules: NamedRule[];
  crowd: Crowd;
  groupField: Field | undefined;
  startAt: number;
  onTop: (line: number) => void;
  onFold: (group: RowGroup) => void;
  /** Before a record opens. */
  onOpen: (id: Id) => void;
}

/** A list for a thumb: each record a link of two lines; only those near the screen are drawn. */
export function PhoneList(props: Props) {
  const { rows, version, startAt, onTop } = props;
  const box = useRef<HTMLElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(700);
  const offsets = rows.grouped ? groupedOffsets(rows) : null;
  const offset = (line: number) => (offsets ? (offsets[line] ?? 0) : line * ROW);
  const total = offset(rows.length);
  const lineAt = (y: number): number => {
    if (!offsets) return Math.floor(y / ROW);
    let [low, high] = [0, rows.length];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((offsets[middle] ?? 0) <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  const first = Math.max(0, lineAt(top) - AHEAD);
  const last = Math.min(rows.length - 1, lineAt(top + height) + AHEAD);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new version may have lost rows that are seen
  useEffect(() => rows.show(first, last), [rows, first, last, version]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only on arrival
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    setHeight(element.clientHeight);
    if (startAt > 0) element.scrollTop = offset(startAt);
  }, []);

  const onScroll = (event: UIEvent<HTMLElement>) => {
    const y = event.currentTarget.scrollTop;
    setTop(y);
    setHeight(event.currentTarget.clientHeight);
    onTop(lineAt(y));
  };
  const lines = Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);
  return (
    <section
      ref={box}
      className="phone-list"
      onScroll={onScroll}
      data-testid="phone-list"
      aria-label={t`列表`}
    >
      <div style={{ height: total, position: "relative" }}>
        {lines.map((line) => {
          const group = rows.group(line);
          const place = { top: offset(line), height: group ? GROUP : ROW };
          if (group)
            return (
              <button
                key={group.key}
                type="button"
                className="phone-group"
                style={place}
                aria-expanded={!rows.isFolded(group)}
                onClick={() => props.onFold(group)}
              >
                {props.groupField?.key === "grade" && !isEmpty(group.value) ? (
                  <Grade grade={plainText(group.value)} label={group.label} />
                ) : null}
                <b>{group.label}</b>
                <span className="quiet">{formatNumber(group.count)}</span>
                <span className="grow" />
                <span className="quiet">{groupFigure(group, props.facts)}</span>
              </button>
            );
          const row = rows.at(line);
          return row ? (
            <PhoneRow key={row.id} row={row} style={place} {...props} />
          ) : (
            <div key={line} className="phone-row waiting" style={place}>
              <i />
              <i />
            </div>
          );
        })}
      </div>
    </section>
  );
}

function groupedOffsets(rows: Rows): number[] {
  const offsets = [0];
  for (let line = 0; line < rows.length; line++)
    offsets.push((offsets[line] ?? 0) + (rows.group(line) ? GROUP : ROW));
  return offsets;
}

function groupFigure(group: RowGroup, facts: Field[]): string {
  const field = facts.find((one) => group.sums[one.key] !== undefined);
  if (!field) return "";
  const sum = group.sums[field.key] ?? "";
  return isOverview(field) ? overviewAmount(sum) : cellText(field, sum);
}

function PhoneRow({
  row,
  style,
  entity,
  rows,
  title,
  facts,
  phone,
  rules,
  crowd,
  onOpen,
}: Props & { row: Row; style: { top: number; height: number } }) {
  const name = plainText(row.values[title]) || t`没有名字`;
  const mark = rows.store.marks.get(row.id);
  const family = mark === undefined ? undefined : rules[mark]?.family;
  const why = ruleOf(rules, rows.store.marks, row.id);
  const number = phone ? row.values[phone.key] : null;
  const digits = isMasked(number) ? "" : plainText(number).replace(/[^\d+]/g, "");
  return (
    <div className="phone-row" style={style}>
      {family && mark !== undefined ? <RuleBar className="phone-mark" family={family} at={mark} /> : null}
      <Link
        to="/record/$entity/$id"
        params={{ entity: entity.key, id: String(row.id) }}
        className="phone-link"
        onClick={() => onOpen(row.id)}
        state={{ fromList: true }}
        data-testid={`phone-row-${row.id}`}
      >
        <span className="phone-title-line">
          <span className="phone-name">{name}</span>
          {why ? <span className="visually-hidden">{why}</span> : null}
          <Around people={crowd.get(row.id)} />
        </span>
        <span className="phone-facts">
          {facts.map((field) => {
            const value = row.values[field.key];
            if (isEmpty(value)) return null;
            const late = cellOf(row, field).look?.kind === "late";
            return (
              <span key={field.key} className={late ? "danger-text" : undefined}>
                {isOverview(field) ? overviewAmount(value) : cellText(field, value)}
              </span>
            );
          })}
          <Flags value={row.values.flags} />
        </span>
      </Link>
      {digits.length >= 5 ? (
        <a className="phone-call" href={`tel:${digits}`} aria-label={t`打电话给${name}`}>
          <Phone size={20} strokeWidth={1.75} />
        </a>
      ) : null}
    </div>
  );
}
