import { t } from "@lingui/core/macro";
import { Button, Input } from "antd";
import { EyeOff } from "lucide-react";
import { useState } from "react";
import type { Entity, Field } from "@/api/types";
import { typeName } from "@/fields/type-names";
import { textOf } from "@/i18n";
import { sentenceOf } from "@/ui/errors";
import { toast } from "@/ui/toast";
import { type Change, optionsOf } from "./changes";
import { useCatalogDraft } from "./draft";
import { FieldPreview, NameRows, Place, type Sections } from "./field-rows";
import { FieldRules, type Settings } from "./field-rules";
import { labelOf, namesOf } from "./names";
import { moved, OrderArea, OrderItem } from "./order";
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
    const next: Record<string, unknown> = {};
    if (names.chinese !== before.chinese || names.english !== before.english) next.label = labelOf(names);
    if (section !== field.section) next.section = section;
    if (ruled) next.settings = settings;
    if (required !== (field.required === true)) next.required = required ? "always" : "no";
    return [
      ...(Object.keys(next).length > 0 ? [{ op: "field.change", ...about, ...next }] : []),
      ...optionsOf(more).map((option) => ({ op: "options.add", ...about, option })),
    ];
  };
  const placeOption = async (key: string, to: string) => {
    const keys = options.map((option) => option.key);
    const option = options.find((one) => one.key === key);
    if (!option || !keys.includes(to) || key === to) return;
    try {
      await draft.make(
        [{ op: "options.order", entity: entity.key, key: field.key, options: moved(keys, key, to) }],
        t`已移动「${textOf(option.label)}」`,
      );
    } catch (error) {
      toast(sentenceOf(error));
    }
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
          <OrderArea onDrop={(_, item, to) => void placeOption(item, to)}>
            <ul className="options">
              {options.map((option, at) => (
                <OrderItem
                  key={option.key}
                  kind="option"
                  name={option.key}
                  label={textOf(option.label)}
                  isFirst={at === 0}
                  isLast={at === options.length - 1}
                  onStep={(step) => placeOption(option.key, options[at + step]?.key ?? "")}
                >
                  <span className="grow">{textOf(option.label)}</span>
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
                </OrderItem>
              ))}
            </ul>
          </OrderArea>
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
