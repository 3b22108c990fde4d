// The filter as the rows of the builder, as a sentence, and as the `where` that the server takes.
import { plural, t } from "@lingui/core/macro";
import type { Condition, ConditionValue, Entity, Field, Operator, Period, Scalar, Where } from "@/api/types";
import { optionLabel } from "@/fields/options";
import { knownName, targetOf } from "@/fields/references";
import { showValue, widgetOf } from "@/fields/registry";
import { textOf } from "@/i18n";
import { isPointing } from "./names";

/** Any of these is enough. */
export interface AnyOf {
  any: Condition[];
}
/** There is a related record, or none, of late or ever. */
export interface Related {
  relation: string;
  has: boolean;
  /** The date field of the related record that `period` is about. */
  date?: string;
  period?: Period;
}
/** A part that the builder cannot show as rows; it is kept as it is. */
export interface Kept {
  kept: Where;
}
export type Item = Condition | AnyOf | Related | Kept;
/** All of the items hold. */
export type Filter = Item[];

export const isAny = (item: Item): item is AnyOf => "any" in item;
export const isRelated = (item: Item): item is Related => "relation" in item;
export const isKept = (item: Item): item is Kept => "kept" in item;
export const isCondition = (item: Item): item is Condition => "field" in item;

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

const bare = ({ field, op, value }: Condition): Condition =>
  needsValue(op) ? { field, op, value } : { field, op };

function whereOf(item: Item): Where | undefined {
  if (isKept(item)) return item.kept;
  if (isCondition(item)) return isComplete(item) ? bare(item) : undefined;
  if (isAny(item)) {
    const complete = item.any.filter(isComplete).map(bare);
    return complete.length > 1 ? { or: complete } : complete[0];
  }
  const { relation, has, date, period } = item;
  if (!relation) return undefined;
  const inner: { relation: string; where?: Where } =
    date && period ? { relation, where: { field: date, op: "within", value: period } } : { relation };
  return has ? { some: inner } : { none: inner };
}

/** Items → where; half-finished ones are left out. */
export function toWhere(filter: Filter): Where | undefined {
  const parts = filter.map(whereOf).filter((part): part is Where => part !== undefined);
  return parts.length > 1 ? { and: parts } : parts[0];
}

const isPlain = (where: Where): where is Condition => "field" in where;

function itemOf(where: Where): Item {
  if (isPlain(where)) return where;
  if ("or" in where && where.or.length > 0 && where.or.every(isPlain)) return { any: where.or };
  if ("some" in where || "none" in where) {
    const has = "some" in where;
    const { relation, where: inner } = has ? where.some : where.none;
    if (!inner) return { relation, has };
    if (isPlain(inner) && inner.op === "within" && isPeriod(inner.value))
      return { relation, has, date: inner.field, period: inner.value };
  }
  return { kept: where };
}

/** Where → items. */
export function toFilter(where: Where | undefined | null): Filter {
  if (!where) return [];
  return ("and" in where ? where.and : [where]).map(itemOf);
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

/** A filter that has a condition about a field: the one it has already, or one to be filled in. */
export function withField(filter: Filter, field: Field): Filter {
  if (filter.some((item) => isCondition(item) && item.field === field.key)) return filter;
  return [...filter, { field: field.key, op: operatorsOf(field)[0] ?? "eq" }];
}

export function operatorText(op: Operator): string {
  const texts: Record<Operator, string> = {
    eq: t({ message: "是", context: "operator" }),
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
  if (op === "in" && type === "select") return t({ message: "是", context: "operator" });
  if (op === "not_in" && type === "select") return t`不是`;
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
  { period: "last", unit: "month", n: 3 },
  { period: "last", unit: "month", n: 6 },
  { period: "last", unit: "month", n: 12 },
  { period: "next", unit: "month", n: 1 },
  { period: "this", unit: "quarter", n: 1 },
  { period: "last", unit: "quarter", n: 1 },
  { period: "this", unit: "year", n: 1 },
  { period: "last", unit: "year", n: 1 },
];

export function periodText({ period, unit, n = 1 }: Period): string {
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
  const spans: Record<Period["unit"], string> = {
    day: plural(n, { other: "# 天" }),
    workday: plural(n, { other: "# 个工作日" }),
    week: plural(n, { other: "# 周" }),
    month: plural(n, { other: "# 个月" }),
    quarter: plural(n, { other: "# 个季度" }),
    half: plural(n, { other: "# 个半年" }),
    year: plural(n, { other: "# 年" }),
  };
  const span = spans[unit];
  return period === "last" ? t`过去 ${span}` : t`未来 ${span}`;
}

/** The value part of a condition as one reads it. */
export function conditionValueText(field: Field, { op, value }: Condition): string {
  if (!needsValue(op) || value === undefined) return "";
  if (isPeriod(value)) return periodText(value);
  if (Array.isArray(value)) {
    const texts = value.map((item) => operandText(field, item));
    return op === "between" ? texts.join(" – ") : texts.join(t`、`);
  }
  return operandText(field, value);
}

function operandText(field: Field, value: Scalar): string {
  if (field.options?.length) return optionLabel(field, value);
  if (isPointing(field) && typeof value === "number") return knownName(targetOf(field), value) ?? "…";
  return showValue(field, value);
}

export const conditionText = (field: Field, condition: Condition): string =>
  [textOf(field.label), operatorTextFor(field, condition.op), conditionValueText(field, condition)]
    .filter(Boolean)
    .join(" ");

/** The pieces of a chip: what it is about, and the value that stands out. */
export interface ItemText {
  about: string;
  value: string;
}

const fieldOf = (entity: Entity, key: string): Field | undefined =>
  entity.fields.find((field) => field.key === key);

export function relationLabel(entity: Entity, key: string): string {
  const relation = entity.relations?.find((item) => item.key === key);
  return relation ? textOf(relation.label) : key;
}

export function itemText(entity: Entity, item: Item): ItemText {
  if (isCondition(item)) {
    const field = fieldOf(entity, item.field);
    if (!field) return { about: item.field, value: "" };
    const [label, op] = [textOf(field.label), operatorTextFor(field, item.op)];
    return needsValue(item.op)
      ? { about: `${label} ${op}`, value: conditionValueText(field, item) }
      : { about: label, value: op };
  }
  if (isAny(item)) return { about: t`任一`, value: plural(item.any.length, { other: "# 个条件" }) };
  if (isRelated(item)) {
    const name = relationLabel(entity, item.relation);
    if (!item.period) return { about: item.has ? t`有` : t`没有`, value: name };
    const when = periodText(item.period);
    return { about: item.has ? t`${when}有` : t`${when}没有`, value: name };
  }
  return { about: "", value: whereText(entity, item.kept) };
}

const together = ({ about, value }: ItemText): string => [about, value].filter(Boolean).join(" ");

/** A part of a filter as one reads it aloud. */
function whereText(entity: Entity, where: Where): string {
  if ("and" in where) return where.and.map((part) => whereText(entity, part)).join(t`，而且`);
  if ("or" in where) return t`（${where.or.map((part) => whereText(entity, part)).join(t`，或`)}）`;
  if ("not" in where) return t`不符合（${whereText(entity, where.not)}）`;
  const item = itemOf(where);
  if (!isKept(item)) return together(itemText(entity, item));
  const related = "some" in where ? where.some : "none" in where ? where.none : null;
  if (!related) return "";
  const name = relationLabel(entity, related.relation);
  return "some" in where ? t`有符合条件的${name}` : t`没有符合条件的${name}`;
}

/** The whole filter as one sentence. */
export function sentenceOf(entity: Entity, filter: Filter): string {
  const where = toWhere(filter);
  return where ? whereText(entity, where) : "";
}
