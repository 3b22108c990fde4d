import { plural, t } from "@lingui/core/macro";
import { useNavigate } from "@tanstack/react-router";
import { Button, Select } from "antd";
import { Download, Merge, Pencil, Tag, Trash2, UserRound } from "lucide-react";
import { Suspense, useEffect, useRef, useState } from "react";
import type { BulkBody } from "@/api/calls";
import { may } from "@/api/catalog";
import { useSession } from "@/api/session";
import type { Entity, Field, Reference } from "@/api/types";
import { RelationSelect } from "@/fields/inputs/relation-select";
import { optionChoices } from "@/fields/options";
import { isWritable } from "@/fields/registry";
import { isReference } from "@/fields/widget";
import { textOf } from "@/i18n";
import { formatNumber } from "@/lib/money";
import { DropMenu } from "@/ui/drop-menu";
import { DropPanel } from "@/ui/drop-panel";
import { hasLayer, Panel } from "@/ui/focus";
import { late } from "@/ui/late";
import { toast } from "@/ui/toast";
import { changeMany } from "./change-many";
import "./bulk.css";

const BulkEdit = late(() => import("./bulk-edit").then((part) => part.BulkEdit));

/** So many records the server makes one of at once. */
const MOST_MERGED = 20;

interface Props {
  entity: Entity;
  count: number;
  target: BulkBody;
  figure: string | null;
  onExport: (format: "xlsx" | "csv") => void;
  onClear: () => void;
}

/** What can be done with the selected rows; always the same order. */
export function BulkBar({ entity, count, target, figure, onExport, onClear }: Props) {
  const [editing, setEditing] = useState(false);
  const name = textOf(entity.label);
  const owner = entity.fields.find(
    (field) => field.key === "owner" && field.type === "user" && isWritable(field),
  );
  const tags = entity.fields.find((field) => field.type === "tags" && isWritable(field));
  const permissions = useSession().data?.permissions ?? [];
  const mayBulk = permissions.includes(`${entity.key}:bulk`);
  const mayUpdate = mayBulk && may(entity, "update");
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || hasLayer()) return;
      if (event.key === "Escape") onClear();
      if (event.key !== "F6") return;
      event.preventDefault();
      bar.current?.querySelector("button")?.focus();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [onClear]);
  const navigate = useNavigate();
  const ids = "ids" in target ? target.ids : [];
  // Shown all the same, and it says why when it is pressed: a button that is gone would be looked for.
  const tooMany =
    count > MOST_MERGED ? t`一次最多合并 ${MOST_MERGED} 条，现在选了 ${formatNumber(count)} 条` : "";
  const done = (ok: boolean) => ok && onClear();
  return (
    <div
      ref={bar}
      className="selection-bar"
      role="toolbar"
      aria-label={t`选中的行`}
      data-testid="selection-bar"
    >
      <span>
        {plural(count, { other: "已选 # 行" })}
        {figure ? <span className="quiet"> {figure}</span> : null}
      </span>
      <i className="bar-line" />
      {mayUpdate ? (
        <Button
          type="text"
          icon={<Pencil size={14} />}
          data-testid="bulk-edit"
          onClick={() => setEditing(true)}
        >{t`批量修改`}</Button>
      ) : null}
      {mayUpdate && owner ? <Assign entity={entity} field={owner} target={target} onDone={done} /> : null}
      {mayUpdate && tags ? <TagMany entity={entity} field={tags} target={target} onDone={done} /> : null}
      {mayUpdate && may(entity, "delete") && count >= 2 ? (
        <Button
          type="text"
          icon={<Merge size={14} />}
          data-testid="merge-selected"
          className={tooMany ? "is-off" : undefined}
          aria-disabled={tooMany ? true : undefined}
          title={tooMany || undefined}
          onClick={() => {
            if (tooMany) return toast(tooMany);
            void navigate({
              to: "/merge/$entity",
              params: { entity: entity.key },
              search: { ids: ids.join(",") } as never,
            });
          }}
        >{t`合并`}</Button>
      ) : null}
      {may(entity, "export") ? (
        <DropMenu
          trigger={["click"]}
          menu={{
            items: [
              { key: "xlsx", label: t`Excel 工作簿（.xlsx）` },
              { key: "csv", label: t`CSV（.csv）` },
            ],
            onClick: ({ key }) => onExport(key as "xlsx" | "csv"),
          }}
        >
          <Button type="text" icon={<Download size={14} />} data-testid="bulk-export">{t`导出`}</Button>
        </DropMenu>
      ) : null}
      {mayBulk && may(entity, "delete") ? (
        <Button
          type="text"
          danger
          icon={<Trash2 size={14} />}
          data-testid="delete-selected"
          onClick={() =>
            void changeMany(entity, { ...target, delete: true }, (n) => t`已删除 ${n} 条${name}`).then(done)
          }
        >
          {t`删除`}
        </Button>
      ) : null}
      <i className="bar-line" />
      <Button type="text" onClick={onClear}>
        {t`取消`} <kbd>Esc</kbd>
      </Button>
      <Suspense>
        {editing ? (
          <BulkEdit
            entity={entity}
            count={count}
            target={target}
            onClose={() => setEditing(false)}
            onDone={onClear}
          />
        ) : null}
      </Suspense>
    </div>
  );
}

interface PartProps {
  entity: Entity;
  field: Field;
  target: BulkBody;
  onDone: (ok: boolean) => void;
}

function Assign({ entity, field, target, onDone }: PartProps) {
  const [open, setOpen] = useState(false);
  const assign = async (person: Reference) => {
    setOpen(false);
    const count = (n: number) => t`${n} 条${textOf(entity.label)}归${person.label}`;
    onDone(await changeMany(entity, { ...target, set: { [field.key]: person.id } }, count));
  };
  return (
    <DropPanel
      open={open}
      onOpenChange={setOpen}
      content={
        <Panel>
          <div className="bulk-part">
            <RelationSelect
              field={field}
              value={null}
              autoFocus
              onChange={(value) => isReference(value) && void assign(value)}
            />
          </div>
        </Panel>
      }
    >
      <Button type="text" icon={<UserRound size={14} />} data-testid="bulk-assign">{t`分配`}</Button>
    </DropPanel>
  );
}

function TagMany({ entity, field, target, onDone }: PartProps) {
  const [open, setOpen] = useState(false);
  const [words, setWords] = useState<string[]>([]);
  const label = textOf(entity.label);
  const run = async (how: "add" | "remove") => {
    setOpen(false);
    const said = (n: number) =>
      how === "add" ? t`给 ${n} 条${label}打了标签` : t`去掉了 ${n} 条${label}的标签`;
    onDone(await changeMany(entity, { ...target, [how]: { [field.key]: words } }, said));
  };
  return (
    <DropPanel
      open={open}
      onOpenChange={setOpen}
      content={
        <Panel>
          <div className="bulk-part stack">
            <Select
              mode="tags"
              autoFocus
              defaultOpen
              aria-label={textOf(field.label)}
              placeholder={t`选标签，或者写新的`}
              style={{ width: "100%" }}
              options={optionChoices(field)}
              showSearch={{ optionFilterProp: "label" }}
              value={words}
              onChange={setWords}
            />
            <div className="line">
              <Button
                type="primary"
                disabled={words.length === 0}
                data-testid="tags-add"
                onClick={() => void run("add")}
              >{t`加上`}</Button>
              <Button disabled={words.length === 0} onClick={() => void run("remove")}>{t`去掉`}</Button>
            </div>
          </div>
        </Panel>
      }
    >
      <Button type="text" icon={<Tag size={14} />} data-testid="bulk-tag">{t`打标签`}</Button>
    </DropPanel>
  );
}
