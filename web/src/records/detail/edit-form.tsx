import { t } from "@lingui/core/macro";
import { Button, Form } from "antd";
import { useState } from "react";
import { queryClient } from "@/api/catalog";
import { Problem } from "@/api/problem";
import type { Entity, Field, Id, RecordAnswer, RecordValues, Value } from "@/api/types";
import { titleField } from "@/fields/references";
import { wireValue } from "@/fields/registry";
import { isEmpty, isMasked, plainText } from "@/fields/widget";
import { useDraft } from "@/lib/drafts";
import { focusFirst, hasLayer } from "@/ui/focus";
import { Keys, keyText } from "@/ui/keys";
import { toast } from "@/ui/toast";
import { Faults } from "../form/faults";
import { appliesTo } from "../form/form-fields";
import { RecordForm } from "../form/record-form";
import { saveValues } from "../save";
import { recordChange } from "../undo";

interface Props {
  entity: Entity;
  answer: RecordAnswer;
  onClose: () => void;
}

interface Draft {
  /** The revision that the changes began from: what others changed since then is a conflict. */
  revision: number;
  changed: RecordValues;
}

export const draftKey = (entity: string, id: Id): string => `edit.${entity}.${id}`;

/** Why a field cannot be changed here; null when it can. */
function reasonFor(field: Field, value: Value): string | null {
  if (field.type === "autonumber") return t`自动编号`;
  if (field.derived && !field.typed) return t`自动算出，不用填`;
  if (isMasked(value)) return t`打码的内容在这里不能改`;
  return field.read_only ? t`你的角色不能改` : null;
}

/** The values of a record as inputs; only what was changed is sent. */
export function EditForm({ entity, answer, onClose }: Props) {
  // What the record was when editing began: refreshes underneath must not move it.
  const [start] = useState(answer);
  const [draft, setDraft, clear, restored] = useDraft<Draft>(draftKey(entity.key, answer.id), {
    revision: answer.revision,
    changed: {},
  });
  const { changed } = draft;
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const values = { ...start.record, ...changed };
  const fields = entity.fields.filter(
    (field) =>
      appliesTo(field, values) &&
      (reasonFor(field, start.record[field.key]) === null || !isEmpty(start.record[field.key])),
  );
  const close = () => {
    clear();
    onClose();
  };

  const wanted = Object.fromEntries(
    Object.entries(changed).filter(
      ([key, value]) => JSON.stringify(wireValue(value)) !== JSON.stringify(wireValue(start.record[key])),
    ),
  );
  const save = async () => {
    if (Object.keys(wanted).length === 0) return close();
    setBusy(true);
    setProblem(null);
    try {
      const saved = await saveValues(entity.key, start.id, draft.revision, wanted);
      if (!saved) return;
      queryClient.setQueryData(["record", entity.key, start.id], saved);
      recordChange(
        t`已保存「${plainText(saved.record[titleField(entity.key)])}」`,
        [saved.changeset],
        saved.warnings,
      );
      close();
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
        if (event.key !== "Escape" || event.nativeEvent.isComposing || hasLayer()) return;
        event.preventDefault(); // the sheet at the side stays
        if (Object.keys(wanted).length === 0) close();
        else toast(t`有没保存的改动：${keyText("Ctrl Enter")} 保存，不要就点「取消」`);
      }}
    >
      {restored ? <p className="quiet">{t`上次没保存的改动还在，接着改`}</p> : null}
      <Faults problem={problem} fields={fields} />
      <div ref={restored ? undefined : focusFirst}>
        <RecordForm
          fields={fields}
          values={values}
          problem={problem}
          readOnly={(field) => reasonFor(field, start.record[field.key])}
          onChange={(field, value) =>
            setDraft((now) => ({ ...now, changed: { ...now.changed, [field.key]: value } }))
          }
        />
      </div>
      <div className="line sticky-actions">
        <Button
          type="primary"
          loading={busy}
          data-testid="edit-save"
          onClick={() => void save()}
        >{t`保存`}</Button>
        <Button onClick={close}>{t`取消`}</Button>
        <Keys keys="Ctrl ↵" />
      </div>
    </Form>
  );
}
