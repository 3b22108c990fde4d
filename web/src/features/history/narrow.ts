// Which change-sets a page shows, as its address tells it, and what the server is asked for.
import { addDays, instantOf, ledgerDay } from "@/lib/dates";

export interface Narrow {
  person?: number;
  origin?: string;
  entity?: string;
  /** So many days back, today included. */
  days?: number;
}

export function readNarrow(search: Record<string, unknown>): Narrow {
  const found: Narrow = {};
  if (Number.isSafeInteger(search.person)) found.person = search.person as number;
  if (typeof search.origin === "string") found.origin = search.origin;
  if (typeof search.entity === "string") found.entity = search.entity;
  if (Number.isSafeInteger(search.days) && (search.days as number) > 0) found.days = search.days as number;
  return found;
}

export function asked({ person, origin, entity, days }: Narrow, today = ledgerDay()): Record<string, string> {
  return {
    ...(person === undefined ? {} : { actor: String(person) }),
    ...(origin ? { origin } : {}),
    ...(entity ? { entity } : {}),
    ...(days ? { since: instantOf(addDays(today, 1 - days)) } : {}),
  };
}
