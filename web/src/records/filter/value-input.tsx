import { useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { Suspense } from "react";
import { api } from "@/api/calls";
import type { Condition, ConditionValue, Field, Scalar, Value } from "@/api/types";
import { optionChoices } from "@/fields/options";
import { targetOf, titleField } from "@/fields/references";
import { widgetOf } from "@/fields/registry";
import { isReference, plainText } from "@/fields/widget";
import { isPeriod, needsValue, PERIODS, periodText, takesList } from "./conditions";

interface Props {
  field: Field;
  condition: Condition;
  onChange: (value: ConditionValue | undefined) => void;
}

/** The input that fits the field and the operator of a condition. */
export function ValueInput({ field, condition, onChange }: Props) {
  const { op, value } = condition;
  const type = field.value_type ?? field.type;
  if (!needsValue(op)) return null;
  if (op === "within") {
    const chosen = isPeriod(value) ? JSON.stringify(value) : undefined;
    return (
      <Select
        style={{ width: "100%" }}
        value={chosen}
        options={PERIODS.map((period) => ({ value: JSON.stringify(period), label: periodText(period) }))}
        onChange={(text: string) => onChange(JSON.parse(text))}
      />
    );
  }
  if (takesList(op))
    return (
      <Select
        mode={field.options?.length ? "multiple" : "tags"}
        style={{ width: "100%" }}
        showSearch={{ optionFilterProp: "label" }}
        options={optionChoices(field)}
        value={Array.isArray(value) ? value.map(String) : []}
        onChange={(next: string[]) => onChange(next)}
      />
    );
  if (type === "relation" || type === "user")
    return <ReferenceInput field={field} value={value} onChange={onChange} />;
  if (op === "between") {
    const [from = null, to = null] = Array.isArray(value) ? value : [];
    return (
      <div className="line" style={{ flexWrap: "nowrap" }}>
        <Plain field={field} value={from} onChange={(next) => onChange([next, to])} />
        –
        <Plain field={field} value={to} onChange={(next) => onChange([from, next])} />
      </div>
    );
  }
  return (
    <Plain
      field={field}
      value={Array.isArray(value) || isPeriod(value) ? null : (value ?? null)}
      onChange={onChange}
    />
  );
}

function Plain({
  field,
  value,
  onChange,
}: {
  field: Field;
  value: Scalar;
  onChange: (value: Scalar) => void;
}) {
  const { Input } = widgetOf(field);
  const set = (next: Value) => onChange(next === undefined || typeof next === "object" ? null : next);
  return (
    <Suspense>
      <Input field={field} value={value} onChange={set} />
    </Suspense>
  );
}

function ReferenceInput({
  field,
  value,
  onChange,
}: Omit<Props, "condition"> & { value: Condition["value"] }) {
  const entity = targetOf(field);
  const id = typeof value === "number" ? value : null;
  const held = useQuery({
    queryKey: ["reference", entity, id],
    queryFn: () => api.record(entity, id as number),
    enabled: id !== null,
  });
  const { Input } = widgetOf(field);
  const label = plainText(held.data?.record[titleField(entity)]) || String(id ?? "");
  return (
    <Input
      field={field}
      value={id === null ? null : { id, label }}
      onChange={(next) => onChange(isReference(next) ? next.id : undefined)}
    />
  );
}
