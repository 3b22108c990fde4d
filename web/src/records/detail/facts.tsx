import { plural, t } from "@lingui/core/macro";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Entity, Field, RecordAnswer, Value } from "@/api/types";
import { targetOf } from "@/fields/references";
import { showValue } from "@/fields/registry";
import { isEmpty, isReference } from "@/fields/widget";
import { textOf } from "@/i18n";
import { appliesTo, sectionsOf } from "../form/form-fields";

/** All values of a record by section; empty ones fold away. */
export function Facts({ entity, answer }: { entity: Entity; answer: RecordAnswer }) {
  const [all, setAll] = useState(false);
  const values = answer.record;
  const fields = entity.fields.filter((field) => appliesTo(field, values));
  const shown = all ? fields : fields.filter((field) => !isEmpty(values[field.key]));
  const hidden = fields.length - shown.length;
  return (
    <>
      {sectionsOf(shown).map((section) => (
        <section key={section.title}>
          <h2>{section.title}</h2>
          <dl className="facts">
            {section.fields.map((field) => (
              <div key={field.key} className="fact">
                <dt>{textOf(field.label)}</dt>
                <dd data-testid={`fact-${field.key}`}>
                  <FactValue field={field} value={values[field.key]} />
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      {hidden > 0 ? (
        <button type="button" className="link-button" onClick={() => setAll(true)}>
          {plural(hidden, { other: "还有 # 个空字段" })}
        </button>
      ) : null}
      {all ? (
        <button type="button" className="link-button" onClick={() => setAll(false)}>{t`收起空字段`}</button>
      ) : null}
    </>
  );
}

function FactValue({ field, value }: { field: Field; value: Value }) {
  if (isReference(value) && targetOf(field) !== "user")
    return (
      <Link to="/record/$entity/$id" params={{ entity: targetOf(field), id: String(value.id) }}>
        {value.label}
      </Link>
    );
  if (field.type === "long_text") return String(value ?? "");
  return showValue(field, value);
}
