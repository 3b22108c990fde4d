// The rules that mark rows, as they are shown: a colour, and what it means.
import { useMemo } from "react";
import type { Entity, Id } from "@/api/types";
import { sentenceOf, toFilter } from "../filter/conditions";
import { useNames } from "../filter/names";
import type { Family, RowRule } from "./params";

export interface NamedRule {
  family: Family;
  text: string;
}

export function useNamedRules(entity: Entity, rules: RowRule[]): NamedRule[] {
  const said = JSON.stringify(rules);
  const lacking = useNames(entity, { and: rules.map(({ where }) => where) });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same rules may come as another list
  return useMemo(
    () => rules.map(({ family, where }) => ({ family, text: sentenceOf(entity, toFilter(where)) })),
    [entity, said, lacking],
  );
}

/** Why a row is marked, in words; nothing when it is not. */
export const ruleOf = (rules: NamedRule[], marks: ReadonlyMap<Id, number>, id: Id): string =>
  rules[marks.get(id) ?? -1]?.text ?? "";
