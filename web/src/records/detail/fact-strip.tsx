import { t } from "@lingui/core/macro";
import { may, useEntity } from "@/api/catalog";
import type { Entity, Field, Id, RecordValues } from "@/api/types";
import { optionLabel } from "@/fields/options";
import { showValue } from "@/fields/registry";
import { isEmpty, plainText } from "@/fields/widget";
import { textOf } from "@/i18n";
import { ledgerDay, timeOf } from "@/lib/dates";
import { sayAmount } from "@/ui/amounts";
import { sayDay, sayDue } from "@/ui/days";
import { Avatar, Stage } from "@/ui/marks";
import { NextDate } from "./next-date";

// What one wants to know before all else, in this order, where an entity has it.
const FACTS = [
  "next_follow_up",
  "due_at",
  "owner",
  "assignee",
  "handler",
  "stage",
  "status",
  "total_amount",
  "amount",
  "order_count",
  "receivable_amount",
  "unpaid_amount",
  "last_cooperation_on",
  "end_on",
  "completeness",
];
const MOST = 7;

interface Props {
  entity: Entity;
  id: Id;
  values: RecordValues;
  title: string;
  inSheet?: boolean;
}

/** The few facts under the name; when one is next in touch can be changed here. */
export function FactStrip({ entity, id, values, title, inSheet }: Props) {
  const task = useEntity("task");
  const mayDate = entity.key === "customer" && may(task, "create") && may(task, "update");
  const fields = FACTS.flatMap((key) => entity.fields.find((field) => field.key === key) ?? [])
    .filter((field) => !isEmpty(values[field.key]) || field.key === "next_follow_up")
    .slice(0, MOST);
  if (fields.length === 0) return null;
  return (
    <dl className="fact-strip" data-testid="fact-strip">
      {fields.map((field) => (
        <div key={field.key}>
          <dt>{textOf(field.label)}</dt>
          <dd>
            {mayDate && field.key === "next_follow_up" ? (
              <NextDate customer={id} title={title} isPage={!inSheet}>
                <Fact field={field} values={values} />
              </NextDate>
            ) : (
              <Fact field={field} values={values} />
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Fact({ field, values }: { field: Field; values: RecordValues }) {
  const value = values[field.key];
  if (isEmpty(value)) return <span className="quiet">{t`没有定`}</span>;
  if (field.key === "next_follow_up" || (field.key === "due_at" && values.status === "open")) {
    const due = sayDue(plainText(value));
    const time = due.late ? "" : timeOf(plainText(value));
    // What is late still says since when.
    const day = due.late ? sayDay(ledgerDay(new Date(plainText(value)))) : "";
    return (
      <span className={due.late ? "danger-text" : undefined}>
        {day ? t`${day}，${due.text}` : `${due.text} ${time}`}
      </span>
    );
  }
  if (field.type === "user")
    return (
      <span className="with-icon">
        <Avatar name={plainText(value)} />
        {plainText(value)}
      </span>
    );
  if (field.key === "stage") return <Stage stage={plainText(value)} label={optionLabel(field, value)} />;
  if ((field.value_type ?? field.type) === "money") return <>{sayAmount(plainText(value))}</>;
  return <>{showValue(field, value)}</>;
}
