import { t } from "@lingui/core/macro";
import type { Field, RecordValues, Value } from "@/api/types";
import { textOf } from "@/i18n";
import { widget as text } from "./text";
import { isReference, type Widget } from "./widget";

// Every file of this folder that exports `widget` takes part; nothing else has to be told.
const modules = import.meta.glob<{ widget?: Widget }>("./*.tsx", { eager: true });

const byType = new Map<string, Widget>();
for (const { widget } of Object.values(modules))
  for (const type of widget?.types ?? []) byType.set(type, widget as Widget);

/** The widget of a field; of a derived one by the type of its value; text where none fits. */
export function widgetOf(field: Field): Widget {
  return byType.get(field.value_type ?? field.type) ?? byType.get(field.type) ?? text;
}

/** What fetches the code of the inputs that these fields are changed with, each once. */
export function inputCode(fields: Field[]): (() => Promise<unknown>)[] {
  const inputs = fields.filter(isWritable).map((field) => widgetOf(field).Input);
  return [
    ...new Set(inputs.flatMap((Input) => ("fetch" in Input ? [Input.fetch as () => Promise<unknown>] : []))),
  ];
}

/** May a person write this field? Derived ones only when a typed value is allowed. */
export function isWritable(field: Field): boolean {
  if (field.read_only) return false;
  return !field.derived || field.typed === true;
}

/** Why a field cannot be written by dragging a record. */
export const whyFixed = (field: Field): string =>
  field.derived && !field.typed
    ? t`「${textOf(field.label)}」由台账算出，不能拖`
    : t`你的角色不能改「${textOf(field.label)}」，不能拖`;

export const showValue = (field: Field, value: Value): string => widgetOf(field).text(value, field);

export const editValue = (field: Field, value: Value): string => {
  const widget = widgetOf(field);
  return (widget.edit ?? widget.text)(value, field);
};

/** What goes over the wire: of a reference its id. */
export function wireValue(value: Value): Value {
  return isReference(value) ? value.id : value;
}

export const wireValues = (values: RecordValues): RecordValues =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, wireValue(value)]));
