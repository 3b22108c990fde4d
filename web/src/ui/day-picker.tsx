import { Calendar } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { ledgerDay } from "@/lib/dates";
import { sayDay } from "./days";
import { focusSoon } from "./focus";
import "./day-picker.css";

const DAY = "YYYY-MM-DD";
const STEPS: Record<string, [number, "day" | "month"]> = {
  ArrowLeft: [-1, "day"],
  ArrowRight: [1, "day"],
  ArrowUp: [-7, "day"],
  ArrowDown: [7, "day"],
  PageUp: [-1, "month"],
  PageDown: [1, "month"],
};

interface Props {
  /** The day that is chosen now; without one it begins today. */
  value: string | null;
  onChoose: (day: string) => void;
}

/** A month to choose a day from, today or later: with the mouse, or arrow keys and Enter. */
export function DayPicker({ value, onChoose }: Props) {
  const today = ledgerDay();
  const [at, setAt] = useState(() => dayjs(value ?? today));
  const box = useRef<HTMLDivElement>(null);
  const byKey = useRef(true);
  const wanted = at.format(DAY);
  useEffect(() => {
    // Choosing a year or a month above must not take the focus from there.
    if (!byKey.current) return;
    byKey.current = false;
    let stop = () => {};
    // The calendar turns to another month only after this.
    const turned = requestAnimationFrame(() => {
      stop = focusSoon(() => box.current?.querySelector<HTMLElement>(`[data-day="${wanted}"]`));
    });
    return () => {
      cancelAnimationFrame(turned);
      stop();
    };
  }, [wanted]);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (!step || !(event.target as HTMLElement).dataset.day) return;
    event.preventDefault();
    const next = at.add(...step);
    byKey.current = true;
    setAt(next.format(DAY) < today ? dayjs(today) : next);
  };
  const day = (date: Dayjs) => {
    const text = date.format(DAY);
    return (
      <button
        type="button"
        className="day-button"
        data-day={text}
        data-outside={date.month() !== at.month() || undefined}
        disabled={text < today}
        tabIndex={text === wanted ? 0 : -1}
        aria-label={sayDay(text)}
        aria-current={text === today ? "date" : undefined}
        aria-pressed={text === value}
      >
        {date.date()}
      </button>
    );
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys move between the days inside
    <div ref={box} className="day-picker" onKeyDown={onKeyDown}>
      <Calendar
        fullscreen={false}
        value={at}
        disabledDate={(date) => date.format(DAY) < today}
        fullCellRender={(date, info) => (info.type === "date" ? day(date) : info.originNode)}
        onPanelChange={setAt}
        onSelect={(date, info) => (info.source === "date" ? onChoose(date.format(DAY)) : setAt(date))}
      />
    </div>
  );
}
