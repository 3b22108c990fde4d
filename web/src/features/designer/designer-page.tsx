import { plural, t } from "@lingui/core/macro";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { Button, Select } from "antd";
import {
  CirclePlus,
  Eye,
  FilePen,
  History as HistoryIcon,
  Lock,
  Plus,
  Settings2,
  Shapes,
} from "lucide-react";
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { useCatalog } from "@/api/catalog";
import { useSession } from "@/api/session";
import type { Entity } from "@/api/types";
import { typeName } from "@/fields/type-names";
import { textOf } from "@/i18n";
import { sectionsOf } from "@/records/form/form-fields";
import { sentenceOf } from "@/ui/errors";
import { focusFirst, hasLayer, useFocusBack } from "@/ui/focus";
import { Empty, PageHeader } from "@/ui/page";
import { toast } from "@/ui/toast";
import type { Change } from "./changes";
import { DraftProvider, useCatalogDraft, useNewDraft } from "./draft";
import { DraftBar } from "./draft-bar";
import { AboutEntity, NewEntity } from "./entity-part";
import { FieldInspector } from "./field-inspector";
import { FormPreview } from "./form-preview";
import { KitPart } from "./kit-part";
import { NewField } from "./new-field";
import { moved, OrderArea, OrderItem } from "./order";
import { VersionsPart } from "./versions-part";
import "./designer.css";

/** Entities and their fields: added, renamed, moved, hidden. What would happen is told before it does. */
export function DesignerPage() {
  const { entity: key } = useParams({ strict: false }) as { entity: string };
  const catalog = useCatalog();
  const navigate = useNavigate();
  const draft = useNewDraft();
  const session = useSession().data;
  const entity = draft.entities.find((one) => one.key === key);
  useEffect(() => {
    document.title = `${t`对象和字段`} · Kehu`;
  }, []);
  if (!catalog) return null;
  if (!session?.permissions.includes("ledger:catalog"))
    return <Empty title={t`你的角色不能改字段，要改就找管理员`} />;
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
          <Empty title={t`没有这种记录`} />
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
  const shown = sectionsOf(entity.fields);
  const order = async (keys: string[], told: string, first: Change[] = []) => {
    try {
      await draft.make([...first, { op: "field.order", entity: entity.key, keys }], told);
    } catch (error) {
      toast(sentenceOf(error));
    }
  };
  /** Puts a field at the place of another one, into whose section it comes. */
  const place = (key: string, to: string) => {
    const [one, other] = [key, to].map((wanted) => entity.fields.find((item) => item.key === wanted));
    if (!one || !other || one === other) return Promise.resolve();
    const keys = entity.fields.map((item) => item.key);
    const change = { op: "field.change", entity: entity.key, key, section: other.section };
    return order(
      moved(keys, key, to),
      t`已移动「${textOf(one.label)}」`,
      one.section === other.section ? [] : [change],
    );
  };
  const placeSection = (title: string, to: string) => {
    const [one, other] = [title, to].map((wanted) => shown.find((item) => item.title === wanted));
    if (!one || !other || one === other) return Promise.resolve();
    const keys = moved(shown, one, other).flatMap((item) => item.fields.map((field) => field.key));
    return order(keys, t`已移动「${title}」`);
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
        <OrderArea onDrop={(kind, item, to) => void (kind === "section" ? placeSection : place)(item, to)}>
          {shown.map((section, number) => (
            <section key={section.title}>
              <OrderItem
                as="div"
                kind="section"
                name={section.title}
                label={section.title}
                className="designer-section"
                isFirst={number === 0}
                isLast={number === shown.length - 1}
                onStep={(step) => placeSection(section.title, shown[number + step]?.title ?? "")}
              >
                <h2>
                  {section.title}{" "}
                  <span className="quiet small">{plural(section.fields.length, { other: "# 个字段" })}</span>
                </h2>
              </OrderItem>
              <ul>
                {section.fields.map((one, at) => (
                  <OrderItem
                    key={one.key}
                    kind="field"
                    name={one.key}
                    label={textOf(one.label)}
                    className={chosen === one.key ? "chosen" : undefined}
                    isFirst={at === 0}
                    isLast={at === section.fields.length - 1}
                    onStep={(step) => place(one.key, section.fields[at + step]?.key ?? "")}
                  >
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
                  </OrderItem>
                ))}
              </ul>
            </section>
          ))}
        </OrderArea>
      </div>
      <aside className="designer-inspector">
        <Part key={chosen} isOpen={chosen !== null} onClose={() => setChosen(null)}>
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
        </Part>
      </aside>
    </div>
  );
}

/** What is chosen at the left, at the right: the keyboard goes there, and with Escape back. */
function Part({ isOpen, onClose, children }: { isOpen: boolean; onClose: () => void; children: ReactNode }) {
  useFocusBack();
  const box = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when something is chosen
  useEffect(() => {
    if (!isOpen) return;
    focusFirst(box.current);
    // Where everything still has to be read the part itself is the place to begin from.
    if (!box.current?.contains(document.activeElement)) box.current?.focus({ preventScroll: true });
    box.current?.scrollIntoView({ block: "nearest" });
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && !event.nativeEvent.isComposing && !hasLayer()) onClose();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape leads back from whatever is inside
    <div ref={box} tabIndex={-1} className="designer-part" onKeyDown={onKeyDown}>
      {children}
    </div>
  );
}
