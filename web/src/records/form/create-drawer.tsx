import { t } from "@lingui/core/macro";
import { useNavigate } from "@tanstack/react-router";
import { Button, Drawer, Form, Input } from "antd";
import { useState } from "react";
import { api } from "@/api/calls";
import { useCatalog } from "@/api/catalog";
import { announce } from "@/api/events";
import { Problem } from "@/api/problem";
import type { ChildRecord, Entity, Field, RecordValues } from "@/api/types";
import { titleField } from "@/fields/references";
import { wireValues } from "@/fields/registry";
import { isEmpty, plainText } from "@/fields/widget";
import { textOf } from "@/i18n";
import { useDraft } from "@/lib/drafts";
import { focusFirst, useFocusBack } from "@/ui/focus";
import { recordChange } from "../undo";
import { Faults } from "./faults";
import { formFields, isRequired, startValues } from "./form-fields";
import { RecordForm } from "./record-form";

interface Props {
  entity: Entity;
  /** Values that the new record begins with, such as the customer it belongs to. */
  start?: RecordValues;
  onClose: () => void;
}

/** A new record: the fields that are asked for first, the others on demand. */
export function CreateDrawer({ entity, start, onClose }: Props) {
  useFocusBack();
  const navigate = useNavigate();
  const name = textOf(entity.label);
  // A record that hangs on another begins from there each time; a plain new one survives a reload.
  const place = start
    ? `new.${entity.key}.${Object.values(start)
        .map((value) => plainText(value))
        .join()}`
    : `new.${entity.key}`;
  const [values, setValues, clearValues] = useDraft<RecordValues>(place, {
    ...startValues(entity),
    ...start,
  });
  const [contact, setContact, clearContact] = useDraft<ChildRecord>(`${place}.contact`, {});
  const close = () => {
    clearValues();
    clearContact();
    onClose();
  };
  const [all, setAll] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const hasContacts = useHasContacts(entity) && values.kind === "enterprise";

  const every = formFields(entity, values, true);
  const fields = all ? every : every.filter((field) => isFirst(entity, field, values, start));

  const save = async () => {
    setBusy(true);
    setProblem(null);
    const body = wireValues(
      Object.fromEntries(
        every.filter((field) => !isEmpty(values[field.key])).map((field) => [field.key, values[field.key]]),
      ),
    );
    if (hasContacts && (contact.name || contact.mobile)) body.contacts = [contact];
    try {
      const answer = await api.createRecord(entity.key, body);
      announce(entity.key, [answer.id]);
      const title = plainText(answer.record[titleField(entity.key)]) || name;
      recordChange(t`已新建「${title}」`, [answer.changeset], answer.warnings);
      close();
      if (!start)
        void navigate({ to: "/record/$entity/$id", params: { entity: entity.key, id: String(answer.id) } });
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, {}));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Drawer
      open
      autoFocus={false}
      size={560}
      title={t`新建${name}`}
      onClose={onClose}
      data-testid="create-drawer"
      footer={
        <div className="line" style={{ justifyContent: "flex-end" }}>
          <Button onClick={close}>{t`取消`}</Button>
          <Button
            type="primary"
            loading={busy}
            data-testid="create-save"
            onClick={() => void save()}
          >{t`保存`}</Button>
        </div>
      }
    >
      <Form
        layout="vertical"
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void save();
        }}
      >
        <Faults problem={problem} fields={fields} />
        <div ref={focusFirst}>
          <RecordForm
            plain={!all}
            fields={fields}
            values={values}
            problem={problem}
            onChange={(field, value) => setValues((now) => ({ ...now, [field.key]: value }))}
          />
        </div>
        {hasContacts ? (
          <section className="form-section">
            <h2>{t`主要联系人`}</h2>
            <div className="form-grid">
              <Form.Item label={t`联系人姓名`} htmlFor="contact-name" required>
                <Input
                  id="contact-name"
                  autoComplete="off"
                  value={plainText(contact.name)}
                  onChange={(event) => setContact((now) => ({ ...now, name: event.target.value }))}
                />
              </Form.Item>
              <Form.Item label={t`联系人手机`} htmlFor="contact-mobile">
                <Input
                  id="contact-mobile"
                  autoComplete="off"
                  inputMode="tel"
                  value={plainText(contact.mobile)}
                  onChange={(event) => setContact((now) => ({ ...now, mobile: event.target.value }))}
                />
              </Form.Item>
            </div>
          </section>
        ) : null}
        {all ? null : (
          <button type="button" className="link-button" data-testid="all-fields" onClick={() => setAll(true)}>
            {t`填更多内容`}
          </button>
        )}
      </Form>
    </Drawer>
  );
}

const OFTEN = [
  "name",
  "title",
  "kind",
  "mobile",
  "office_phone",
  "industry",
  "owner",
  "customer",
  "content",
  "amount",
  "remark",
];

function isFirst(entity: Entity, field: Field, values: RecordValues, start?: RecordValues): boolean {
  return (
    OFTEN.includes(field.key) ||
    field.key === titleField(entity.key) ||
    isRequired(field, values) ||
    (start !== undefined && field.key in start)
  );
}

/** Companies are created together with a person to talk to. */
function useHasContacts(entity: Entity): boolean {
  const contacts = useCatalog()?.entities.some((item) => item.key === "contact") ?? false;
  return contacts && (entity.relations?.some((relation) => relation.key === "contacts") ?? false);
}
