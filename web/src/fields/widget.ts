import { t } from "@lingui/core/macro";
import type { ComponentType } from "react";
import type { Field, Operator, Reference, Value } from "@/api/types";

export interface InputProps {
  field: Field;
  value: Value;
  onChange: (value: Value) => void;
  /** Called when a choice is complete and an editor in a cell may close. */
  onDone?: () => void;
  id?: string;
  autoFocus?: boolean;
  /** What was typed on the selected cell before the editor opened. */
  typed?: string;
}

/** How one kind of field looks, is typed and is filtered. One file of this folder exports one of them. */
export interface Widget {
  types: string[];
  width: number;
  align?: "right";
  /** How a cell is changed: typing text, opening the input, or a click. */
  inCell: "text" | "input" | "toggle";
  operators: Operator[];
  /** The value as one reads it. */
  text: (value: Value, field: Field) => string;
  /** The value as one types it and as it is copied; `text` when left out. */
  edit?: (value: Value, field: Field) => string;
  /** Typed or pasted text → value; undefined when it cannot be one. */
  parse: (text: string, field: Field) => Value | undefined;
  Input: ComponentType<InputProps>;
}

export const isReference = (value: Value): value is Reference =>
  typeof value === "object" && value !== null && !Array.isArray(value) && "id" in value;

export const isEmpty = (value: Value): boolean =>
  value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);

/** The value as plain text, whatever it is. */
export function plainText(value: Value): string {
  if (value === null || value === undefined) return "";
  if (isReference(value)) return value.label;
  if (Array.isArray(value)) return (value as Value[]).map((item) => plainText(item)).join(t`、`);
  return String(value);
}

/** Masked values carry bullets in place of what may not be seen. */
export const isMasked = (value: Value): boolean => typeof value === "string" && value.includes("•");
