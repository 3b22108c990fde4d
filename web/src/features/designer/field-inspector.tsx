import { t } from "@lingui/core/macro";
import { Button, Input } from "antd";
import { EyeOff } from "lucide-react";
import { useState } from "react";
import type { Entity, Field } from "@/api/types";
import { typeName } from "@/fields/type-names";
import { textOf } from "@/i18n";
import { type Change, optionsOf } from "./changes";
import { useCatalogDraft } from "./draft";
import { FieldPreview, labelOf, NameRows, namesOf, Place, type Sections } from "./field-rows";
import { FieldRules, type Settings } from "./field-rules";
import { usePlan } from "./plan";

interface Props {
  entity: Entity;
  field: Field;
  sections: Sections;
}

/** One field: its names, place, options. Consequences are shown first, then made. */
export function FieldInspector({ entity, field, sections }: Props) {
  const draft = useCatalogDraft();
  const before = namesOf(field.label);
  const [names, setNames] = useState(before);
  const [section, setSection] = useState(field.section ?? "");
  const [required, setRequired] = useState(field.required === true);
  const [settings, setSettings] = useState<Settings>(field.settings ?? {});
  const [more, setMore] = useState("");
  const ruled = JSON.stringify(settings) !== JSON.stringify(field.settings ?? {});
  const plan = usePlan(ruled ? t`只管以后填的和导入的，不动已有的数据` : t`只改显示，不动已有的数据`, () =>
    setMore(""),
  );
  const { consider } = plan;
  const name = textOf(field.label);
  const options = field.options ?? [];
  const isChoice = field.type === "select" || field.type === "multi_select";

  const changes = (): Change[] => {
    const about = { entity: entity.key, key: field.key };
    const moved: Record<string, unknown> = {};
    if (names.chinese !== before.chinese || names.english !== before.english) moved.label = labelOf(names);
    if (section !== field.section) moved.section = section;
    if (ruled) moved.settings = settings;
    if (required !== (field.required === true)) moved.required = required ? "always" : "no";
    return [
      ...(Object.keys(moved).length > 0 ? [{ op: "field.change", ...about, ...moved }] : []),
      ...optionsOf(more).map((option) => ({ op: "options.add", ...about, option })),
    ];
  };
  return (
    <div className="stack" data-testid="field-inspector">
      <div className="line">
        <h2>{name}</h2>
        <span className="quiet">{typeName(field.type)}</span>
      </div>
      <NameRows names={names} onNames={setNames} />
      <Place
        sections={sections}
        section={section}
        onSection={setSection}
        required={required}
        onRequired={field.derived ? undefined : setRequired}
      />
      {isChoice && !field.derived ? (
        <>
          <span className="quiet">{t`选项`}</span>
          <ul className="options">
            {options.map((option) => (
              <li key={option.key}>
                <span>{textOf(option.label)}</span>
                <button
                  type="button"
                  className="icon-button"
                  aria-label={t`不再能选：${textOf(option.label)}`}
                  title={t`不再能选`}
                  onClick={() =>
                    void consider(
                      [{ op: "options.drop", entity: entity.key, key: field.key, option: option.key }],
                      t`「${textOf(option.label)}」不再能选`,
                    )
                  }
                >
                  <EyeOff size={14} />
                </button>
              </li>
            ))}
          </ul>
          <Input
            aria-label={t`加选项`}
            placeholder={t`加选项，用顿号隔开`}
            data-testid="more-options"
            value={more}
            onChange={(event) => setMore(event.target.value)}
          />
        </>
      ) : null}
      <FieldRules entity={entity} field={field} settings={settings} onSettings={setSettings} />
      <FieldPreview
        field={{
          ...field,
          label: labelOf(names),
          required,
          options: [...options, ...optionsOf(more).map((one) => ({ key: one, label: one }))],
        }}
      />
      {plan.consequence ?? (
        <span className="line">
          <Button
            type="primary"
            loading={plan.busy}
            data-testid="save-field"
            onClick={() => void consider(changes(), t`已改字段「${names.chinese.trim()}」`)}
          >
            {draft.steps ? t`放进草稿` : t`看影响并生效`}
          </Button>
          <Button
            data-testid="hide-field"
            onClick={() =>
              void consider(
                [{ op: "field.drop", entity: entity.key, key: field.key }],
                t`已收起字段「${name}」，内容还在`,
              )
            }
          >{t`收起这个字段`}</Button>
        </span>
      )}
      {plan.failure}
    </div>
  );
}
