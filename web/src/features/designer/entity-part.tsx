import { t } from "@lingui/core/macro";
import { useNavigate } from "@tanstack/react-router";
import { Button, Input, Select, Switch } from "antd";
import { type FormEvent, useState } from "react";
import type { Entity } from "@/api/types";
import { textOf } from "@/i18n";
import type { Change } from "./changes";
import { useCatalogDraft } from "./draft";
import { NameRows, Row } from "./field-rows";
import { labelOf, type Names, namesOf } from "./names";
import { usePlan } from "./plan";

const TITLES = new Set(["text", "autonumber", "cn_mobile", "phone", "email"]);

/** An entity of one's own: what it is called, what names its records, whether they belong to customers. */
export function NewEntity() {
  const navigate = useNavigate();
  const [names, setNames] = useState<Names>({ chinese: "", english: "" });
  const [title, setTitle] = useState(t`名称`);
  const [below, setBelow] = useState(true);
  const draft = useCatalogDraft();
  const [known] = useState(() => new Set(draft.entities.map((one) => one.key)));
  const name = names.chinese.trim();
  const plan = usePlan("", (entities) => {
    const made = entities.find((one) => !known.has(one.key));
    if (made) void navigate({ to: "/designer/$entity", params: { entity: made.key } });
  });
  const changes = (): Change[] => [
    {
      op: "entity.add",
      label: labelOf(names),
      title: ["name"],
      fields: [
        { key: "name", type: "text", label: title.trim(), required: "always" },
        ...(below
          ? [
              {
                key: "customer",
                type: "relation",
                label: { "zh-CN": "客户", en: "Customer" },
                settings: { target: "customer", on_delete: "take_along" },
              },
            ]
          : []),
      ],
    },
  ];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void plan.consider(changes(), t`已建对象「${name}」`);
  };
  return (
    <form className="stack" data-testid="new-entity" onSubmit={submit}>
      <h2>{t`新建对象`}</h2>
      <p className="quiet">{t`台账里还没有的一类东西，比如车辆、门店、设备。建好后再给它加字段`}</p>
      <NameRows names={names} onNames={setNames} autoFocus testId="new-entity-label" />
      <Row label={t`用哪个字段称呼它`}>
        <Input
          aria-label={t`用哪个字段称呼它`}
          placeholder={t`比如：车牌`}
          maxLength={60}
          data-testid="new-entity-title"
          value={title}
          onChange={(event) => setTitle(event.target.value)}
        />
      </Row>
      <span className="line">
        <Switch aria-label={t`属于客户`} checked={below} onChange={setBelow} /> {t`属于客户`}
      </span>
      <p className="quiet small">
        {below
          ? t`每条都能写是哪位客户的，客户页上会多一张列表；销售只看得到自己客户的`
          : t`和客户没有关系；销售只看得到自己建的`}
      </p>
      {plan.consequence ?? (
        <Button
          type="primary"
          htmlType="submit"
          loading={plan.busy}
          disabled={!name || !title.trim()}
          data-testid="save-entity"
        >
          {draft.steps ? t`放进草稿` : t`看影响并生效`}
        </Button>
      )}
      {plan.failure}
    </form>
  );
}

/** What an entity is called and which field names its records; one's own can be put away. */
export function AboutEntity({ entity }: { entity: Entity }) {
  const draft = useCatalogDraft();
  const before = namesOf(entity.label);
  const [names, setNames] = useState(before);
  const [title, setTitle] = useState(entity.title?.[0] ?? "");
  const navigate = useNavigate();
  const name = textOf(entity.label);
  const plan = usePlan(t`只改显示，不动已有的数据`, (entities) => {
    if (!entities.some((one) => one.key === entity.key))
      void navigate({ to: "/designer/$entity", params: { entity: "customer" } });
  });
  const changes = (): Change[] => {
    const moved: Record<string, unknown> = {};
    if (names.chinese !== before.chinese || names.english !== before.english)
      moved.label = labelOf(names, entity.label);
    if (title !== entity.title?.[0])
      moved.title = [title, ...(entity.title ?? []).filter((key) => key !== title)];
    return Object.keys(moved).length > 0 ? [{ op: "entity.change", entity: entity.key, ...moved }] : [];
  };
  return (
    <div className="stack" data-testid="about-entity">
      <h2>{name}</h2>
      <NameRows names={names} onNames={setNames} testId="entity-label" />
      <Row label={t`用哪个字段称呼它`}>
        <Select
          aria-label={t`用哪个字段称呼它`}
          value={title}
          onChange={setTitle}
          options={entity.fields
            .filter((field) => entity.title?.includes(field.key) || TITLES.has(field.type))
            .map((field) => ({ value: field.key, label: textOf(field.label) }))}
        />
      </Row>
      {plan.consequence ?? (
        <span className="line">
          <Button
            type="primary"
            loading={plan.busy}
            disabled={!names.chinese.trim() || changes().length === 0}
            data-testid="save-entity"
            onClick={() => void plan.consider(changes(), t`已改对象「${names.chinese.trim()}」`)}
          >
            {draft.steps ? t`放进草稿` : t`看影响并生效`}
          </Button>
          {entity.own ? (
            <Button
              data-testid="hide-entity"
              onClick={() =>
                void plan.consider(
                  [{ op: "entity.drop", entity: entity.key }],
                  t`已收起对象「${name}」，内容还在`,
                )
              }
            >{t`收起这个对象`}</Button>
          ) : null}
        </span>
      )}
      {plan.failure}
    </div>
  );
}
