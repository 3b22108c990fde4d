// The records that were opened last, for the palette. Kept in this browser, for the person who opened them.
import type { Id } from "@/api/types";
import { recall, remember } from "@/lib/storage";

export interface Recent {
  entity: string;
  id: Id;
  title: string;
}
const MOST = 12;

export const recentRecords = (): Recent[] => recall<Recent[]>("recent") ?? [];

export function noteRecent(record: Recent): void {
  const others = recentRecords().filter((one) => one.entity !== record.entity || one.id !== record.id);
  remember("recent", [record, ...others].slice(0, MOST));
}
