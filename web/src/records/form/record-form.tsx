import { Form } from "antd";
import { Suspense } from "react";
import type { Problem } from "@/api/problem";
import type { Field, RecordValues } from "@/api/types";
import { showValue, widgetOf } from "@/fields/registry";
import { textOf } from "@/i18n";
import { isRequired, sectionsOf } from "./form-fields";
import "./form.css";

interface Props {
  fields: Field[];
  values: RecordValues;
  problem: Problem | null;
  onChange: (field: Field, value: RecordValues[string]) => void;
  /** Titles are left out when the form is one block. */
  plain?: boolean;
  /** Why a field is shown and not to be changed; null when it may be. */
  readOnly?: (field: Field) => string | null;
}

/** The inputs of a record, made from the catalog; faults stand under the field they belong to. */
export function RecordForm({ fields, values, problem, onChange, plain, readOnly }: Props) {
  return (
    <>
      {(plain ? [{ title: "", fields }] : sectionsOf(fields)).map((section) => (
        <section key={section.title} className="form-section">
          {plain ? null : <h2>{section.title}</h2>}
          <div className="form-grid">
            {section.fields.map((field) => {
              const fault = problem?.errors.find((item) => item.field === field.key);
              const { Input } = widgetOf(field);
              const reason = readOnly?.(field) ?? null;
              if (reason !== null)
                return (
                  <div key={field.key} className="read-only" data-testid={`form-${field.key}`}>
                    <span>{textOf(field.label)}</span>
                    <span>{showValue(field, values[field.key])}</span>
                    <span className="quiet small">{reason}</span>
                  </div>
                );
              const id = `field-${field.key}`;
              return (
                <Form.Item
                  key={field.key}
                  className={field.type === "long_text" ? "wide" : undefined}
                  label={textOf(field.label)}
                  htmlFor={id}
                  required={isRequired(field, values)}
                  validateStatus={fault ? "error" : undefined}
                  help={fault?.message}
                  data-testid={`form-${field.key}`}
                >
                  <Suspense>
                    <Input
                      id={id}
                      field={field}
                      value={values[field.key]}
                      onChange={(value) => onChange(field, value)}
                    />
                  </Suspense>
                </Form.Item>
              );
            })}
          </div>
        </section>
      ))}
    </>
  );
}
