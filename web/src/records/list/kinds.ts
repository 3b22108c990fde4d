// The ways in which the records of an entity can be looked at.
import type { Entity, Field } from "@/api/types";
import type { Kind } from "./params";

/** The fields that can make the columns of a board. */
export const boardFields = (entity: Entity): Field[] =>
  entity.fields.filter((field) => field.type === "select" && (field.options?.length ?? 0) > 1);
/** The field whose options are the columns. */
export const columnField = (entity: Entity, by: string | undefined): Field => {
  const fields = boardFields(entity);
  const usual = ["stage", "status", "state", "grade"];
  return (
    fields.find((field) => field.key === by) ??
    usual.map((key) => fields.find((field) => field.key === key)).find((field) => field !== undefined) ??
    (fields[0] as Field)
  );
};

/** The fields that can put a record on a day. */
export const dayFields = (entity: Entity): Field[] =>
  entity.fields.filter((field) => ["date", "datetime"].includes(field.value_type ?? field.type));

export const kindsOf = (entity: Entity): Kind[] => [
  "grid",
  ...(boardFields(entity).length ? (["board"] as const) : []),
  ...(dayFields(entity).length ? (["calendar"] as const) : []),
];
