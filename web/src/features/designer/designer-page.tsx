import { t } from "@lingui/core/macro";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { Button, Select } from "antd";
import {
  ArrowDown,
  ArrowUp,
  CirclePlus,
  Eye,
  FilePen,
  History as HistoryIcon,
  Lock,
  Plus,
  Settings2,
  Shapes,
} from "lucide-react";
import { useEffect, useState } from "react";
import { useCatalog } from "@/api/catalog";
import type { Entity, Field } from "@/api/types";
import { typeName } from "@/fields/type-names";
import { textOf } from "@/i18n";
import { sectionsOf } from "@/records/form/form-fields";
import { sentenceOf } from "@/ui/errors";
import { Empty, PageHeader } from "@/ui/page";
import { toast } from "@/ui/toast";
import { DraftProvider, useCatalogDraft, useNewDraft } from "./draft";
import { DraftBar } from "./draft-bar";
import { AboutEntity, NewEntity } from "./entity-part";
import { FieldInspector } from "./field-inspector";
import { FormPreview } from "./form-preview";
import { KitPart } from "./kit-part";
import { NewField } from "./new-field";
import { VersionsPart } from "./versions-part";
import "./designer.css";

/** Entities and their fields: added, renamed, moved, hidden. What would happen is told before it does. */
export function DesignerPage() {
  const { entity: key } = useParams({ strict: false }) as { entity: string };
  const catalog = useCatalog();
  const navigate = useNavigate();
  const draft = useNewDraft();
  const entity = draft.entities.find((one) => one.key === key);
  useEffect(() => {
    document.title = `${t`对象和字段`} · Kehu`;
  }, []);
  if (!catalog) return null;
  return (
    <div className="page" data-testid="designer-page">
      <PageHeader
        title={t`对象和字段`}
        facts={<Link to="/settings">{t`设置`}</Link>}
        actions={
          <Select
            aria-label={t`对象`}
            popupMatchSelectWidth={false}
            value={key}
            options={draft.entities.map((one) => ({ value: one.key, label: textOf(one.label) }))}
            onChange={(next: string) => void navigate({ to: "/designer/$entity", params: { entity: next } })}
          />
        }
      />
      <DraftProvider value={draft}>
        <DraftBar />
        {entity ? (
          <Fields key={entity.key} entity={entity} sections={catalog.settings?.sections ?? []} />
        ) : (
          <Empty title={t`没有这个对象`} />
        )}
      </DraftProvider>
    </div>
  );
}

// No key of a field begins with a mark.
const NEW = "+new";
const KIT = "+kit";
const ENTITY = "+entity";
const ABOUT = "+about";
const VERSIONS = "+versions";
const FORM = "+form";

interface Props {
  entity: Entity;
  sections: [chinese: string, english: string][];
}

function Fields({ entity, sections }: Props) {
  const draft = useCatalogDraft();
  const [chosen, setChosen] = useState<string | null>(null);
  const field = entity.fields.find((one) => one.key === chosen);
  const move = async (moved: Field, step: -1 | 1) => {
    const group = entity.fields.filter((one) => one.section === moved.section);
    const other = group[group.findIndex((one) => one.key === moved.key) + step];
    if (!other) return;
    const keys = entity.fields.map((one) => one.key);
    const [from, to] = [keys.indexOf(moved.key), keys.indexOf(other.key)];
    keys[from] = other.key;
    keys[to] = moved.key;
    try {
      await draft.make(
        [{ op: "field.order", entity: entity.key, keys }],
        t`已移动「${textOf(moved.label)}」`,
      );
    } catch (error) {
      toast(sentenceOf(error));
    }
  };
  return (
    <div className="designer">
      <div className="designer-fields">
        <div className="line">
          <Button
            icon={<Plus size={14} />}
            data-testid="add-field"
            onClick={() => setChosen(NEW)}
          >{t`加一个字段`}</Button>
          <Button
            icon={<Settings2 size={14} />}
            data-testid="edit-entity"
            onClick={() => setChosen(ABOUT)}
          >{t`改对象名称`}</Button>
          <Button
            icon={<CirclePlus size={14} />}
            data-testid="add-entity"
            onClick={() => setChosen(ENTITY)}
          >{t`新建对象`}</Button>
          <Button
            icon={<Shapes size={14} />}
            data-testid="compare-kit"
            onClick={() => setChosen(KIT)}
          >{t`比较行业模板`}</Button>
          <span className="grow" />
          <span className="line">
            <Button
              icon={<Eye size={14} />}
              data-testid="show-form"
              onClick={() => setChosen(FORM)}
            >{t`看表单`}</Button>
            {draft.steps ? null : (
              <Button
                icon={<FilePen size={14} />}
                title={t`几处改动先攒着，一起生效`}
                data-testid="begin-draft"
                onClick={draft.begin}
              >{t`用草稿`}</Button>
            )}
            <Button
              icon={<HistoryIcon size={14} />}
              data-testid="show-versions"
              onClick={() => setChosen(VERSIONS)}
            >{t`版本`}</Button>
          </span>
        </div>
        {sectionsOf(entity.fields).map((section) => (
          <section key={section.title}>
            <h2>
              {section.title} <span className="quiet small">{t`${section.fields.length} 个字段`}</span>
            </h2>
            <ul>
              {section.fields.map((one, at) => (
                <li key={one.key} className={chosen === one.key ? "chosen" : undefined}>
                  <button
                    type="button"
                    className="plain-button"
                    aria-pressed={chosen === one.key}
                    data-testid={`field-${one.key}`}
                    onClick={() => setChosen(one.key)}
                  >
                    <span>{textOf(one.label)}</span>
                    <span className="quiet small">
                      {typeName(one.type)}
                      {one.required ? ` · ${t`必填`}` : ""}
                      {one.sensitive === "secret" ? ` · ${t`打码`}` : ""}
                    </span>
                    {one.derived ? <Lock size={12} aria-label={t`自动算出`} /> : null}
                  </button>
                  <button
                    type="button"
                    className="icon-button"
                    disabled={at === 0}
                    aria-label={t`上移：${textOf(one.label)}`}
                    onClick={() => void move(one, -1)}
                  >
                    <ArrowUp size={14} />
                  </button>
                  <button
                    type="button"
                    className="icon-button"
                    disabled={at === section.fields.length - 1}
                    aria-label={t`下移：${textOf(one.label)}`}
                    onClick={() => void move(one, 1)}
                  >
                    <ArrowDown size={14} />
                  </button>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
      <aside className="designer-inspector">
        {chosen === KIT ? (
          <KitPart />
        ) : chosen === VERSIONS ? (
          <VersionsPart />
        ) : chosen === FORM ? (
          <FormPreview key={entity.fields.map((one) => one.key).join()} entity={entity} />
        ) : chosen === ENTITY ? (
          <NewEntity />
        ) : chosen === ABOUT ? (
          <AboutEntity key={`${textOf(entity.label)} ${entity.title?.[0]}`} entity={entity} />
        ) : chosen === NEW ? (
          <NewField entity={entity} sections={sections} onDone={(key) => setChosen(key)} />
        ) : field ? (
          <FieldInspector key={field.key} entity={entity} field={field} sections={sections} />
        ) : (
          <p className="quiet">{t`点左边的字段改它，或者加一个。改了马上到表格、表单、筛选、导入和导出里，随时能撤销`}</p>
        )}
      </aside>
    </div>
  );
}
