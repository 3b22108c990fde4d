// Conditions name people and records by number; here they get the names that a sentence says.
import { useQuery } from "@tanstack/react-query";
import { api } from "@/api/calls";
import type { Entity, Field, Id, Where } from "@/api/types";
import { knownName, rememberName, targetOf, titleField } from "@/fields/references";
import { plainText } from "@/fields/widget";

const MOST = 200;

export const isPointing = (field: Field): boolean =>
  ["relation", "user"].includes(field.value_type ?? field.type);

/** The records that a filter names, by their entity. Conditions on related records are about other fields. */
export function namedIn(entity: Entity, where: Where | undefined | null): Map<string, Id[]> {
  const found = new Map<string, Id[]>();
  const look = (part: Where): void => {
    if ("and" in part) part.and.forEach(look);
    else if ("or" in part) part.or.forEach(look);
    else if ("not" in part) look(part.not);
    else if ("field" in part) {
      const field = entity.fields.find((one) => one.key === part.field);
      if (!field || !isPointing(field)) return;
      const ids = [part.value].flat().filter((value): value is Id => typeof value === "number");
      found.set(targetOf(field), [...new Set([...(found.get(targetOf(field)) ?? []), ...ids])]);
    }
  };
  if (where) look(where);
  return found;
}

/** Fetches the names that a filter needs and are not known yet; the caller is drawn anew when they are there. */
export function useNames(entity: Entity, where: Where | undefined | null): string {
  const lacking = [...namedIn(entity, where)]
    .map(([target, ids]) => [target, ids.filter((id) => knownName(target, id) === undefined)] as const)
    .filter(([, ids]) => ids.length > 0);
  const asked = JSON.stringify(lacking);
  useQuery({
    queryKey: ["condition-names", asked],
    queryFn: async ({ signal }) => {
      for (const [target, ids] of lacking) {
        const title = titleField(target);
        const some = ids.slice(0, MOST);
        const where = { field: "id", op: "in" as const, value: some };
        const answer = await api.query(target, { select: [title], where, limit: MOST }, signal);
        const names = new Map(answer.rows.map((row) => [Number(row[0]), plainText(row[2])]));
        // Of what is gone, or not one's own, the number stays.
        for (const id of some) rememberName(target, id, names.get(id) || `#${id}`);
      }
      return asked;
    },
    enabled: lacking.length > 0,
    staleTime: 0,
    gcTime: 0,
  });
  return asked;
}
