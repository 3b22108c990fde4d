// Records that were moved to another day or column stand there at once. What was read while that is being saved knows
// them in their old place: it must not put them back.
import { useMemo, useRef, useState } from "react";
import type { Id, Value } from "@/api/types";
import type { Row } from "./grid/row-store";

interface Moved {
  by: string;
  row: Row;
}

/** The records that are moved by a field and not yet read again, and how one is moved. */
export function useMoving(by: string, readAgain: () => Promise<unknown>) {
  const [moved, setMoved] = useState<ReadonlyMap<Id, Moved>>(new Map());
  const saving = useRef(0);

  const move = async (row: Row, value: Value, save: () => Promise<void>): Promise<void> => {
    const there = { ...row, values: { ...row.values, [by]: value } };
    setMoved((others) => new Map(others).set(row.id, { by, row: there }));
    saving.current += 1;
    try {
      await save();
    } finally {
      saving.current -= 1;
    }
    if (saving.current > 0) return;
    await readAgain();
    if (saving.current === 0) setMoved(new Map());
  };

  const moving = useMemo<ReadonlyMap<Id, Row>>(
    () => new Map([...moved].filter(([, one]) => one.by === by).map(([id, { row }]) => [id, row])),
    [moved, by],
  );
  return { moving, move };
}
