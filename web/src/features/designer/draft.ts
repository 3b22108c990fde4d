// Edits of the catalog that are collected before they are made, as one change. They stay in this browser (ADR 0110);
// the server tells what the ledger would look like with them, which is what the designer then shows.
import { useQuery } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import { api } from "@/api/calls";
import { cachedCatalog, useCatalog } from "@/api/catalog";
import type { CatalogAnswer, CatalogEffect, Entity } from "@/api/types";
import { textOf } from "@/i18n";
import { useDraft } from "@/lib/drafts";
import { type Change, makeChanges } from "./changes";

/** One edit, with the sentence that says what it was. */
export interface Step {
  changes: Change[];
  told: string;
}

export interface Draft {
  /** Null: edits are made at once. */
  steps: Step[] | null;
  entities: Entity[];
  effects: CatalogEffect[];
  error: unknown;
  /** Makes changes, or collects them; answers with the entities as they then are. */
  make: (changes: Change[], told: string) => Promise<Entity[]>;
  begin: () => void;
  leaveOut: (step: number) => void;
  drop: () => void;
  /** Makes all that was collected, as one change. */
  apply: (told: string) => Promise<void>;
}

const DraftContext = createContext<Draft | null>(null);
export const DraftProvider = DraftContext.Provider;

export function useCatalogDraft(): Draft {
  const draft = useContext(DraftContext);
  if (!draft) throw new Error("outside of the designer");
  return draft;
}

const changesOf = (steps: Step[]): Change[] => steps.flatMap((step) => step.changes);

/** The entities as they would be with a preview's answer. */
export function withPreview(entities: Entity[], answer: CatalogAnswer | undefined): Entity[] {
  const would = new Map((answer?.entities ?? []).map((one) => [one.key, one]));
  const gone = new Set(
    answer?.preview?.effects.filter((one) => one.kind === "entity.hide").map((one) => one.entity),
  );
  const known = new Set(entities.map((one) => one.key));
  return [
    ...entities.filter((one) => !gone.has(one.key)).map((one) => would.get(one.key) ?? one),
    ...[...would.values()].filter((one) => !known.has(one.key)),
  ];
}

/** The key that the server would give stays with an edit, so that later edits find what it made. */
export function withKeys(changes: Change[], before: Entity[], after: Entity[]): Change[] {
  const taken = new Set<string>();
  return changes.map((change) => {
    if (change.key !== undefined) return change;
    const label = textOf(change.label as Entity["label"]);
    if (change.op === "entity.add") {
      const known = new Set(before.map((one) => one.key));
      const made = after.find((one) => !known.has(one.key) && textOf(one.label) === label);
      return made ? { ...change, key: made.key } : change;
    }
    if (change.op !== "field.add") return change;
    const known = new Set(before.find((one) => one.key === change.entity)?.fields.map((one) => one.key));
    const made = after
      .find((one) => one.key === change.entity)
      ?.fields.find((one) => !known.has(one.key) && !taken.has(one.key) && textOf(one.label) === label);
    if (!made) return change;
    taken.add(made.key);
    return { ...change, key: made.key };
  });
}

/** The draft of this browser; used once, by the page. */
export function useNewDraft(): Draft {
  const catalog = useCatalog();
  const [steps, setSteps, clear] = useDraft<Step[] | null>("catalog", null);
  const collected = changesOf(steps ?? []);
  const would = useQuery({
    queryKey: ["catalog-draft", catalog?.version, collected],
    queryFn: () => api.changeCatalog(collected, true),
    enabled: collected.length > 0,
    placeholderData: (before) => before,
    retry: false,
  });
  const now = catalog?.entities ?? [];
  const answer = collected.length > 0 ? would.data : undefined;
  const entities = withPreview(now, answer);
  return {
    steps,
    entities,
    effects: answer?.preview?.effects ?? [],
    error: collected.length > 0 ? would.error : null,
    make: async (changes, told) => {
      if (!steps) {
        await makeChanges(changes, told);
        return cachedCatalog()?.entities ?? [];
      }
      const next = withPreview(now, await api.changeCatalog([...collected, ...changes], true));
      setSteps([...steps, { changes: withKeys(changes, entities, next), told }]);
      return next;
    },
    begin: () => setSteps([]),
    leaveOut: (step) => setSteps((steps ?? []).filter((_, at) => at !== step)),
    drop: clear,
    apply: async (told) => {
      await makeChanges(collected, told);
      clear();
    },
  };
}
