// The filter as rows of conditions, and as the `where` that the server takes.
import { t } from "@lingui/core/macro";
import type { Condition, ConditionValue, Field, Operator, Period, Where } from "@/api/types";
import { optionLabel } from "@/fields/options";
import { showValue, widgetOf } from "@/fields/registry";
import { textOf } from "@/i18n";

export type Join = "and" | "or";
export interface Filter {
  join: Join;
  conditions: Condition[];
}
export const NO_FILTER: Filter = { join: "and", conditions: [] };

const WITHOUT_VALUE: Operator[] = ["empty", "not_empty", "is_me"];
const WITH_LIST: Operator[] = ["in", "not_in", "any_of", "all_of", "none_of"];

export const needsValue = (op: Operator): boolean => !WITHOUT_VALUE.includes(op);
export const takesList = (op: Operator): boolean => WITH_LIST.includes(op);

export function isPeriod(value: ConditionValue | undefined): value is Period {
  return typeof value === "object" && value !== null && !Array.isArray(value) && "period" in value;
}

/** A condition that can be sent: it has all that its operator needs. */
export function isComplete({ field, op, value }: Condition): boolean {
  if (!field) return false;
  if (!needsValue(op)) return true;
  if (op === "between")
    return Array.isArray(value) && value.length === 2 && value.every((item) => item != null && item !== "");
  if (takesList(op)) return Array.isArray(value) && value.length > 0;
  return value !== undefined && value !== null && value !== "";
}

/** Rows → where; half-finished rows are left out. */
export function toWhere({ join, conditions }: Filter): Where | undefined {
  const complete = conditions
    .filter(isComplete)
    .map(({ field, op, value }) => (needsValue(op) ? { field, op, value } : { field, op }));
  if (complete.length === 0) return undefined;
  return join === "and" ? { and: complete } : { or: complete };
}

/** Where → rows; null when it is nested and rows cannot show it. */
export function toFilter(where: Where | undefined | null): Filter | null {
  if (!where) return NO_FILTER;
  if ("field" in where) return { join: "and", conditions: [where] };
  const join = "and" in where ? "and" : "or" in where ? "or" : null;
  if (!join) return null;
  const parts = "and" in where ? where.and : "or" in where ? where.or : [];
  if (!parts.every((part): part is Condition => "field" in part)) return null;
  return { join, conditions: parts };
}

/** Both conditions together. */
export function both(a: Where | undefined, b: Where | undefined): Where | undefined {
  if (!a || !b) return a ?? b;
  return { and: [a, b] };
}

/** The operators to offer: those that read well for the type, of them those that the server answers. */
export function operatorsOf(field: Field): Operator[] {
  const known = field.operators;
  const offered = offeredOperators(field);
  return known ? offered.filter((op) => known.includes(op)) : offered;
}

function offeredOperators(field: Field): Operator[] {
  const type = field.value_type ?? field.type;
  if (type === "user") return ["is_me", "eq", "ne", "empty", "not_empty"];
  if (type === "relation") return ["eq", "ne", "empty", "not_empty"];
  if (type === "region") return ["under", "eq", "empty", "not_empty"];
  return widgetOf(field).operators;
}

export const isFilterable = (field: Field): boolean => operatorsOf(field).length > 0 && field.type !== "file";

export function operatorText(op: Operator): string {
  const texts: Record<Operator, string> = {
    eq: t`是`,
    ne: t`不是`,
    in: t`是其中之一`,
    not_in: t`不是其中之一`,
    contains: t`含有`,
    not_contains: t`不含`,
    starts_with: t`开头是`,
    ends_with: t`结尾是`,
    lt: t`小于`,
    lte: t`不大于`,
    gt: t`大于`,
    gte: t`不小于`,
    between: t`介于`,
    empty: t`没填`,
    not_empty: t`已填`,
    within: t`在`,
    any_of: t`含任一`,
    all_of: t`全含`,
    none_of: t`都不含`,
    under: t`属于`,
    is_me: t`是我`,
  };
  return texts[op];
}

/** Operators of dates read differently. */
export function operatorTextFor(field: Field, op: Operator): string {
  const type = field.value_type ?? field.type;
  if (type === "date" || type === "datetime" || type === "birthday") {
    if (op === "gte") return t`不早于`;
    if (op === "lte") return t`不晚于`;
  }
  return operatorText(op);
}

export const PERIODS: Period[] = [
  { period: "this", unit: "day", n: 1 },
  { period: "this", unit: "week", n: 1 },
  { period: "next", unit: "day", n: 7 },
  { period: "next", unit: "workday", n: 3 },
  { period: "last", unit: "day", n: 7 },
  { period: "last", unit: "day", n: 30 },
  { period: "this", unit: "month", n: 1 },
  { period: "last", unit: "month", n: 1 },
  { period: "next", unit: "month", n: 1 },
  { period: "this", unit: "quarter", n: 1 },
  { period: "last", unit: "quarter", n: 1 },
  { period: "this", unit: "year", n: 1 },
  { period: "last", unit: "year", n: 1 },
];

export function periodText({ period, unit, n = 1 }: Period): string {
  const units: Record<Period["unit"], string> = {
    day: t`天`,
    workday: t`个工作日`,
    week: t`周`,
    month: t`个月`,
    quarter: t`个季度`,
    half: t`个半年`,
    year: t`年`,
  };
  if (period === "this") {
    const now: Record<Period["unit"], string> = {
      day: t`今天`,
      workday: t`今天`,
      week: t`本周`,
      month: t`本月`,
      quarter: t`本季度`,
      half: t`本半年`,
      year: t`今年`,
    };
    return now[unit];
  }
  const name = units[unit];
  return period === "last" ? t`过去 ${n} ${name}` : t`未来 ${n} ${name}`;
}

/** The value part of a condition as one reads it. */
export function conditionValueText(field: Field, { op, value }: Condition): string {
  if (!needsValue(op) || value === undefined) return "";
  if (isPeriod(value)) return periodText(value);
  if (Array.isArray(value)) {
    const texts = value.map((item) =>
      field.options?.length ? optionLabel(field, item) : showValue(field, item),
    );
    return op === "between" ? texts.join(" – ") : texts.join("、");
  }
  return field.options?.length ? optionLabel(field, value) : showValue(field, value);
}

export const conditionText = (field: Field, condition: Condition): string =>
  [textOf(field.label), operatorTextFor(field, condition.op), conditionValueText(field, condition)]
    .filter(Boolean)
    .join(" ");
