import type { Actor } from "@/api/types";

/** The name of who did something. */
export function actorName(actor: Actor): string {
  if (actor === null) return "";
  if (typeof actor === "string") return actor;
  return "label" in actor ? actor.label : actor.name;
}
