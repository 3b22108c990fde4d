import { t } from "@lingui/core/macro";
import { Suspense } from "react";
import { useCatalog } from "@/api/catalog";
import type { Recognised, Value } from "@/api/types";
import { DateInput } from "@/fields/inputs/date-input";
import { widgetOf } from "@/fields/registry";
import { plainText } from "@/fields/widget";
import { textOf } from "@/i18n";
import type { Line } from "./parts";

interface Props {
  line: Line;
  value: string;
  note: Recognised | null;
  fault?: string;
  onChange: (value: string) => void;
}

/** One field of the form, with a word on how sure it is. */
export function QuickLine({ line, value, note, fault, onChange }: Props) {
  const entity = useCatalog()?.entities.find((one) => one.key === line.entity);
  const { about } = line;
  const id = `quick-${line.entity}-${line.field}`;
  const { Input } = widgetOf(about);
  // A date stands for the day of the task; several harmful things are one line of words.
  const isPlain = line.field === "items" || about.type === "long_text";
  const isDay = line.field === "due_at";
  const label =
    line.entity === "contact" && line.field === "name"
      ? textOf(entity?.label)
      : line.entity === "safety_note"
        ? textOf(entity?.label)
        : line.entity === "task"
          ? t`下次跟进`
          : textOf(about.label);
  return (
    <div className="quick-line" data-testid={id}>
      <label htmlFor={id}>{label}</label>
      <div>
        {isDay ? (
          <DateInput
            id={id}
            field={about}
            value={value || null}
            onChange={(next) => onChange(plainText(next))}
          />
        ) : isPlain ? (
          <input
            id={id}
            className="plain-input"
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
        ) : (
          <Suspense>
            <Input
              id={id}
              field={about}
              value={value || null}
              onChange={(next: Value) => onChange(plainText(next))}
            />
          </Suspense>
        )}
        {fault ? (
          <p className="danger-text small" role="alert">
            {fault}
          </p>
        ) : null}
      </div>
      <span className={note && !note.sure ? "note unsure" : "note"}>
        {note ? (line.field === "region" ? t`由地址补全` : note.sure ? t`认出` : t`确认一下`) : ""}
      </span>
    </div>
  );
}
