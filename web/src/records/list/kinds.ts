// The ways in which the records of an entity can be looked at.
import type { Entity, Field } from "@/api/types";
import type { Kind } from "./params";

/** The fields that can make the columns of a board. */
export const boardFields = (entity: Entity): Field[] =>
  entity.fields.filter((field) => field.type === "select" && (field.options?.length ?? 0) > 1);
/** The fields that can put a record on a day. */
export const dayFields = (entity: Entity): Field[] =>
  entity.fields.filter((field) => ["date", "datetime"].includes(field.value_type ?? field.type));

export const kindsOf = (entity: Entity): Kind[] => [
  "grid",
  ...(boardFields(entity).length ? (["board"] as const) : []),
  ...(dayFields(entity).length ? (["calendar"] as const) : []),
];
