import { t } from "@lingui/core/macro";
import { useEffect, useRef, useState } from "react";
import { formatNumber } from "@/lib/money";
import { type BoardProps, Column, useBoard } from "./board";

/** The board on a phone: one column at a time, the next one by a swipe or by its chip; cards move by their menu. */
export function PhoneBoard(props: BoardProps) {
  const { field, columns, columnProps, hasNone } = useBoard(props);
  const [at, setAt] = useState(0);
  const track = useRef<HTMLDivElement>(null);
  const chips = useRef<HTMLElement>(null);
  const shown = Math.min(at, columns.length - 1);
  const show = (place: number) => {
    const box = track.current;
    if (box) box.scrollTo({ left: place * box.clientWidth });
    setAt(place);
  };
  // The chip of the column that a swipe has brought comes into sight with it.
  useEffect(() => {
    const chip = chips.current?.children[shown] as HTMLElement | undefined;
    if (chips.current && chip) chips.current.scrollTo({ left: chip.offsetLeft - 48 });
  }, [shown]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other columns begin at the first
  useEffect(() => show(0), [field.key]);
  if (hasNone) return props.nothing;
  return (
    <div className="phone-board" data-testid="phone-board">
      <nav className="phone-views board-chips" ref={chips} aria-label={t`看板的列`}>
        {columns.map((key, place) => {
          const { label, count } = columnProps(key);
          return (
            <button
              key={key}
              type="button"
              className="phone-view"
              aria-current={place === shown ? "true" : undefined}
              data-testid={`chip-${key || "none"}`}
              onClick={() => show(place)}
            >
              {label} <span className="count">{formatNumber(count)}</span>
            </button>
          );
        })}
      </nav>
      <div
        className="board-track"
        ref={track}
        onScroll={({ currentTarget: box }) =>
          setAt(Math.round(box.scrollLeft / Math.max(1, box.clientWidth)))
        }
      >
        {columns.map((key, place) => (
          <div key={key} className="board-page" inert={place !== shown}>
            {/* What lies further away is read when one comes near. */}
            {Math.abs(place - shown) <= 1 ? <Column {...columnProps(key)} byMenu /> : null}
          </div>
        ))}
      </div>
    </div>
  );
}
