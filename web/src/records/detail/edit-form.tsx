import { t } from "@lingui/core/macro";
import { Button, Form } from "antd";
import { useState } from "react";
import { queryClient } from "@/api/catalog";
import { Problem } from "@/api/problem";
import type { Entity, RecordAnswer, RecordValues } from "@/api/types";
import { titleField } from "@/fields/references";
import { wireValue } from "@/fields/registry";
import { isMasked, plainText } from "@/fields/widget";
import { Faults } from "../form/faults";
import { formFields } from "../form/form-fields";
import { RecordForm } from "../form/record-form";
import { saveValues } from "../save";
import { recordChange } from "../undo";

interface Props {
  entity: Entity;
  answer: RecordAnswer;
  onClose: () => void;
}

/** The values of a record as inputs; only what was changed is sent. */
export function EditForm({ entity, answer, onClose }: Props) {
  // What the record was when editing began: refreshes underneath must not move it.
  const [start] = useState(answer);
  const [changed, setChanged] = useState<RecordValues>({});
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const values = { ...start.record, ...changed };
  const fields = formFields(entity, values, false).filter((field) => !isMasked(start.record[field.key]));

  const save = async () => {
    const wanted = Object.fromEntries(
      Object.entries(changed).filter(
        ([key, value]) => JSON.stringify(wireValue(value)) !== JSON.stringify(wireValue(start.record[key])),
      ),
    );
    if (Object.keys(wanted).length === 0) return onClose();
    setBusy(true);
    setProblem(null);
    try {
      const saved = await saveValues(entity.key, start.id, start.revision, wanted);
      if (!saved) return;
      queryClient.setQueryData(["record", entity.key, start.id], saved);
      recordChange(t`已保存「${plainText(saved.record[titleField(entity.key)])}」`, [saved.changeset]);
      onClose();
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, {}));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Form
      layout="vertical"
      data-testid="edit-form"
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void save();
      }}
    >
      <Faults problem={problem} fields={fields} />
      <RecordForm
        fields={fields}
        values={values}
        problem={problem}
        onChange={(field, value) => setChanged((now) => ({ ...now, [field.key]: value }))}
      />
      <div className="line sticky-actions">
        <Button
          type="primary"
          loading={busy}
          data-testid="edit-save"
          onClick={() => void save()}
        >{t`保存`}</Button>
        <Button onClick={onClose}>{t`取消`}</Button>
        <span className="quiet small">Ctrl Enter</span>
      </div>
    </Form>
  );
}
