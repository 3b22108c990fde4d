// How many cards the columns hold: the figures of the server, and on them the cards moved since they were asked for.
import { useEffect, useState } from "react";
import type { Id } from "@/api/types";
import type { Figures } from "../list/use-groups";

type Step = [from: string, to: string];

interface Carried {
  /** What the server said before the first of the moves; what it says meanwhile may know of them or not. */
  over: Figures | undefined;
  steps: ReadonlyMap<Id, Step>;
  saving: number;
  /** When the last of them was saved. */
  saved: number;
}

/** By how much moves change the count of a column. */
export function netMoves(column: string, steps: Iterable<Step>): number {
  let sum = 0;
  for (const [from, to] of steps) sum += Number(to === column) - Number(from === column);
  return sum;
}

/** The figures to show, what the moves add to a column, and how a move tells of itself: `go` as it begins, then whether
 * it was saved. */
export function useCarried(by: string, figures: Figures | undefined) {
  const [carried, setCarried] = useState<Carried | null>(null);
  const isKnown = carried?.saving === 0 && figures !== undefined && figures.begun >= carried.saved;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was carried between the columns of another field is past
  useEffect(() => setCarried(null), [by]);
  useEffect(() => {
    if (isKnown) setCarried(null);
  }, [isKnown]);

  const go = (id: Id, from: string, to: string): ((isSaved: boolean) => void) => {
    const before = carried?.steps.get(id);
    setCarried((now) => ({
      over: now ? now.over : figures,
      steps: new Map(now?.steps).set(id, [now?.steps.get(id)?.[0] ?? from, to]),
      saving: (now?.saving ?? 0) + 1,
      saved: now?.saved ?? 0,
    }));
    return (isSaved) =>
      setCarried((now) => {
        if (!now) return now;
        const steps = new Map(now.steps);
        if (!isSaved && before) steps.set(id, before);
        else if (!isSaved) steps.delete(id);
        if (steps.size === 0) return null;
        return { ...now, steps, saving: now.saving - 1, saved: isSaved ? performance.now() : now.saved };
      });
  };
  const shown = carried && !isKnown ? carried : { over: figures, steps: new Map<Id, Step>() };
  return {
    figures: shown.over,
    more: (column: string) => netMoves(column, shown.steps.values()),
    go,
  };
}
