import { t } from "@lingui/core/macro";
import { Button, Input, Select } from "antd";
import { type FormEvent, useState } from "react";
import type { Entity, Field } from "@/api/types";
import { typeNames } from "@/fields/type-names";
import { textOf } from "@/i18n";
import { sentenceOf } from "@/ui/errors";
import { optionsOf } from "./changes";
import { useCatalogDraft } from "./draft";
import { FieldPreview, Place, Row, type Sections } from "./field-rows";

interface Props {
  entity: Entity;
  sections: Sections;
  onDone: (key: string | null) => void;
}

const CHOICES = ["select", "multi_select"];

/** A new field: name, kind, place. Its key is made from its name. */
export function NewField({ entity, sections, onDone }: Props) {
  const draft = useCatalogDraft();
  const [label, setLabel] = useState("");
  const [type, setType] = useState("text");
  const [section, setSection] = useState(sections[0]?.[0] ?? "");
  const [options, setOptions] = useState("");
  const [required, setRequired] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const shown: Field = {
    key: "new",
    label: label.trim() || t`新字段`,
    type,
    section,
    required,
    unique: false,
    sensitive: null,
    derived: null,
    options: optionsOf(options).map((one) => ({ key: one, label: one })),
  };
  const add = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFailure("");
    const before = new Set(entity.fields.map((field) => field.key));
    try {
      const entities = await draft.make(
        [
          {
            op: "field.add",
            entity: entity.key,
            label: label.trim(),
            type,
            section,
            ...(required ? { required: "always" } : {}),
            ...(CHOICES.includes(type) ? { options: optionsOf(options) } : {}),
          },
        ],
        t`已加字段「${label.trim()}」`,
      );
      const now = entities.find((one) => one.key === entity.key);
      onDone(now?.fields.find((field) => !before.has(field.key))?.key ?? null);
    } catch (error) {
      setFailure(sentenceOf(error));
      setBusy(false);
    }
  };
  return (
    <form className="stack" data-testid="new-field" onSubmit={(event) => void add(event)}>
      <h2>{t`给「${textOf(entity.label)}」加一个字段`}</h2>
      <Row label={t`名称`}>
        <Input
          aria-label={t`名称`}
          autoFocus
          maxLength={60}
          data-testid="new-field-label"
          value={label}
          onChange={(event) => setLabel(event.target.value)}
        />
      </Row>
      <Row label={t`类型`}>
        <Select
          data-testid="new-field-type"
          aria-label={t`类型`}
          options={Object.entries(typeNames()).map(([value, name]) => ({ value, label: name }))}
          value={type}
          onChange={setType}
        />
      </Row>
      {CHOICES.includes(type) ? (
        <Row label={t`选项，一行一个`}>
          <Input.TextArea
            aria-label={t`选项，一行一个`}
            rows={4}
            data-testid="new-field-options"
            value={options}
            onChange={(event) => setOptions(event.target.value)}
          />
        </Row>
      ) : null}
      <Place
        sections={sections}
        section={section}
        onSection={setSection}
        required={required}
        onRequired={setRequired}
      />
      <FieldPreview field={shown} />
      <p className="consequence">
        {t`新增 1 个字段，不动已有的数据。导入、导出、表格和接口里会同时出现，随时能撤销`}
      </p>
      {failure ? (
        <p className="danger-text" role="alert">
          {failure}
        </p>
      ) : null}
      <span className="line">
        <Button
          type="primary"
          htmlType="submit"
          loading={busy}
          disabled={!label.trim()}
          data-testid="save-field"
        >
          {draft.steps ? t`放进草稿` : t`加上`}
        </Button>
        <Button onClick={() => onDone(null)}>{t`取消`}</Button>
      </span>
    </form>
  );
}
