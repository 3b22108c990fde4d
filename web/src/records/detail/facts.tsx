import { plural, t } from "@lingui/core/macro";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Entity, Field, RecordAnswer, RecordValues, Value } from "@/api/types";
import { targetOf } from "@/fields/references";
import { showValue } from "@/fields/registry";
import { isEmpty, isReference, plainText } from "@/fields/widget";
import { textOf } from "@/i18n";
import { appliesTo, sectionsOf } from "../form/form-fields";

/** All values of a record by section; empty ones fold away. */
export function Facts({
  entity,
  answer,
  onEdit,
}: {
  entity: Entity;
  answer: RecordAnswer;
  onEdit?: () => void;
}) {
  const [all, setAll] = useState(false);
  const values = answer.record;
  const fields = withoutRepeats(
    entity.fields.filter((field) => appliesTo(field, values)),
    values,
  );
  const shown = all ? fields : fields.filter((field) => !isEmpty(values[field.key]));
  const hidden = fields.length - shown.length;
  return (
    <>
      {sectionsOf(shown).map((section, at) => (
        <section key={section.title}>
          <div className="line">
            <h2 className="grow">{section.title}</h2>
            {at === 0 && onEdit ? (
              <button type="button" className="link-button" data-testid="edit-record" onClick={onEdit}>
                {t`编辑`}
              </button>
            ) : null}
          </div>
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
          {plural(hidden, { other: "还有 # 项没填" })}
        </button>
      ) : null}
      {all ? (
        <button type="button" className="link-button" onClick={() => setAll(false)}>{t`收起没填的`}</button>
      ) : null}
    </>
  );
}

/** Texts and links that say within one section what another of them says already are left out. */
export function withoutRepeats(fields: Field[], values: RecordValues): Field[] {
  const best = new Map<string, Field>();
  const saying = (field: Field): string | null => {
    const type = field.value_type ?? field.type;
    const text = plainText(values[field.key]);
    return text && (SAYS.includes(type) || isReference(values[field.key]))
      ? `${field.section}\n${text}`
      : null;
  };
  // A link leads on, what was typed can be edited, a short name is read at once.
  const worth = (field: Field): number =>
    (isReference(values[field.key]) ? 200 : 0) + (field.derived ? 0 : 100) - textOf(field.label).length;
  for (const field of fields) {
    const said = saying(field);
    const known = said === null ? undefined : best.get(said);
    if (said !== null && (!known || worth(field) > worth(known))) best.set(said, field);
  }
  return fields.filter((field) => {
    const said = saying(field);
    return !field.derived || said === null || best.get(said) === field;
  });
}

const SAYS = ["text", "phone", "cn_mobile"];

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
