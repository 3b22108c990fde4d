import { t } from "@lingui/core/macro";
import { Form } from "antd";
import { useState } from "react";
import type { Entity, RecordValues } from "@/api/types";
import { textOf } from "@/i18n";
import { formFields, startValues } from "@/records/form/form-fields";
import { RecordForm } from "@/records/form/record-form";

/** The form of a new record as it would be with the draft. What is typed here goes nowhere. */
export function FormPreview({ entity }: { entity: Entity }) {
  const [values, setValues] = useState<RecordValues>(() => startValues(entity));
  return (
    <div className="stack" data-testid="form-preview">
      <h2>{t`新建「${textOf(entity.label)}」时是这样`}</h2>
      <p className="quiet small">{t`可以试着填，什么都不会存`}</p>
      <Form layout="vertical" component={false}>
        <RecordForm
          fields={formFields(entity, values, true)}
          values={values}
          problem={null}
          onChange={(field, value) => setValues((before) => ({ ...before, [field.key]: value }))}
        />
      </Form>
    </div>
  );
}
