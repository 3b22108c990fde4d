import { plural, t } from "@lingui/core/macro";
import { useNavigate, useParams } from "@tanstack/react-router";
import { Button, Input } from "antd";
import { FileSpreadsheet, Plus, Search, Upload } from "lucide-react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { api } from "@/api/calls";
import { useEntity } from "@/api/catalog";
import { announce } from "@/api/events";
import type { Entity, Field, Sort } from "@/api/types";
import { titleField } from "@/fields/references";
import { textOf } from "@/i18n";
import { formatNumber } from "@/lib/money";
import { sentenceOf } from "@/ui/errors";
import { Banner, Empty, PageHeader } from "@/ui/page";
import { toast } from "@/ui/toast";
import { useFileDrop } from "@/ui/use-file-drop";
import { FilterBar } from "../filter/filter-bar";
import { type GridHandle, LedgerGrid, NOTHING } from "../grid/grid";
import { recordChange } from "../undo";
import { ColumnMenu } from "./column-menu";
import { useColumns } from "./columns";
import { leaveFile } from "./dropped-file";
import { ExportMenu } from "./export-menu";
import { JumpBox } from "./jump-box";
import { idsOf } from "./selection";
import { SelectionBar } from "./selection-bar";
import { readSort, useListSearch, writeSort } from "./use-list-search";
import { useRows } from "./use-rows";

const CreateDrawer = lazy(() =>
  import("../form/create-drawer").then((part) => ({ default: part.CreateDrawer })),
);
const UNSORTABLE = ["long_text", "tags", "multi_select", "file"];

export function ListPage() {
  const { entity: key } = useParams({ strict: false }) as { entity: string };
  const entity = useEntity(key);
  return entity ? <List key={entity.key} entity={entity} /> : <Empty title={t`没有这张列表，或者不归你看`} />;
}

function List({ entity }: { entity: Entity }) {
  const navigate = useNavigate();
  const { search, change } = useListSearch();
  const columns = useColumns(entity);
  const title = titleField(entity.key);
  const sort = readSort(search.sort);
  const select = columns.fields.map((field) => field.key);
  if (!select.includes(title)) select.push(title);
  const query = { select, where: search.where, search: search.q, sort: sort.length ? sort : undefined };
  const { store, version } = useRows(entity.key, query);
  const [selection, setSelection] = useState(NOTHING);
  const [creating, setCreating] = useState(false);
  const grid = useRef<GridHandle>(null);
  const name = textOf(entity.label);
  const { totals } = store;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another query means other rows
  useEffect(() => setSelection(NOTHING), [store]);
  useEffect(() => {
    document.title = `${name} · Kehu`;
  }, [name]);

  const open = (row: { id: number }) =>
    void navigate({ to: "/record/$entity/$id", params: { entity: entity.key, id: String(row.id) } });
  const importFile = (file: File) => {
    leaveFile(file, entity.key);
    void navigate({ to: "/import" });
  };
  const drop = useFileDrop(importFile);

  const onSort = (field: Field) => {
    if (UNSORTABLE.includes(field.value_type ?? field.type) || field.sensitive === "secret")
      return toast(t`「${textOf(field.label)}」不能排序`);
    change({ sort: writeSort(nextSort(sort, field.key)) });
  };

  const deleteRows = async () => {
    try {
      const ids = await idsOf(store, selection.rows);
      if (ids.length === 0) return;
      const answer = await api.deleteRecords(entity.key, ids);
      setSelection(NOTHING);
      announce(entity.key, ids);
      recordChange(`${t`已删除`} ${plural(answer.affected ?? ids.length, { other: "# 条" })}${name}`, [
        answer.changeset,
      ]);
    } catch (error) {
      toast(sentenceOf(error));
    }
  };

  const isBare = totals.known && totals.rows === 0 && !search.where && !search.q;
  return (
    <div className="page" style={{ position: "relative" }} {...drop.handlers} data-testid="list-page">
      <PageHeader
        title={name}
        facts={
          totals.known ? (
            <button
              type="button"
              className="plain-button"
              data-testid="row-count"
              title={totals.exact ? undefined : t`数清楚`}
              onClick={() => void store.countExactly().catch((error) => toast(sentenceOf(error)))}
            >
              {formatNumber(totals.rows)}
              {totals.exact ? "" : "+"} {t`条`}
            </button>
          ) : null
        }
        actions={
          <>
            <ExportMenu body={{ entity: entity.key, ...query }} />
            <Button
              icon={<Upload size={14} />}
              onClick={() => void navigate({ to: "/import" })}
            >{t`导入`}</Button>
            <Button
              type="primary"
              icon={<Plus size={14} />}
              data-testid="new-record"
              onClick={() => setCreating(true)}
            >
              {t`新建${name}`}
            </Button>
          </>
        }
      />
      <div className="line" style={{ padding: "0 24px 10px" }}>
        <SearchBox value={search.q ?? ""} onChange={(q) => change({ q: q || undefined })} />
        <FilterBar entity={entity} where={search.where} onChange={(where) => change({ where })} />
        <span className="grow" />
        <JumpBox store={store} onJump={(row) => grid.current?.jumpTo(row)} />
        <ColumnMenu
          entity={entity}
          shown={columns.fields.map((field) => field.key)}
          onChange={columns.setKeys}
        />
      </div>
      {store.error ? (
        <div style={{ padding: "0 24px 10px" }}>
          <Banner bad>
            {sentenceOf(store.error)}{" "}
            <button
              type="button"
              className="link-button"
              onClick={() => store.refresh()}
            >{t`再读一次`}</button>
          </Banner>
        </div>
      ) : null}
      {totals.known && totals.rows === 0 ? (
        <Nothing
          bare={isBare}
          name={name}
          onClear={() => change({ where: undefined, q: undefined })}
          onFile={importFile}
          onNew={() => setCreating(true)}
        />
      ) : (
        <LedgerGrid
          ref={grid}
          store={store}
          version={version}
          fields={columns.fields}
          widths={columns.widths}
          sort={sort}
          titleField={title}
          selection={selection}
          onSelection={setSelection}
          onSort={onSort}
          onWidth={columns.setWidth}
          onMove={columns.move}
          onOpen={open}
          onDeleteRows={() => void deleteRows()}
        />
      )}
      {selection.rows.length > 0 ? (
        <SelectionBar
          count={selection.rows.length}
          onDelete={() => void deleteRows()}
          onClear={() => {
            setSelection(NOTHING);
            grid.current?.focus();
          }}
        />
      ) : null}
      {drop.over ? <div className="drop-veil">{t`松开就导入到「${name}」`}</div> : null}
      {creating ? (
        <Suspense>
          <CreateDrawer entity={entity} onClose={() => setCreating(false)} />
        </Suspense>
      ) : null}
    </div>
  );
}

function nextSort(sort: Sort[], key: string): Sort[] {
  const now = sort[0]?.field === key ? sort[0].order : null;
  if (now === null) return [{ field: key, order: "asc" }];
  return now === "asc" ? [{ field: key, order: "desc" }] : [];
}

function SearchBox({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const [text, setText] = useState(value);
  const composing = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setText(value), [value]);
  const later = (next: string) => {
    clearTimeout(timer.current);
    if (!composing.current) timer.current = setTimeout(() => onChange(next.trim()), 200);
  };
  return (
    <Input
      allowClear
      style={{ width: 260 }}
      prefix={<Search size={14} />}
      placeholder={t`名称、拼音、电话尾号`}
      aria-label={t`在这张列表里找`}
      data-testid="list-search"
      value={text}
      onCompositionStart={() => {
        composing.current = true;
      }}
      onCompositionEnd={(event) => {
        composing.current = false;
        later(event.currentTarget.value);
      }}
      onChange={(event) => {
        setText(event.target.value);
        later(event.target.value);
      }}
    />
  );
}

interface NothingProps {
  bare: boolean;
  name: string;
  onClear: () => void;
  onFile: (file: File) => void;
  onNew: () => void;
}

function Nothing({ bare, name, onClear, onFile, onNew }: NothingProps) {
  const input = useRef<HTMLInputElement>(null);
  if (!bare)
    return (
      <Empty title={t`没有符合的${name}`} icon={<Search size={24} />}>
        <Button onClick={onClear}>{t`去掉所有条件`}</Button>
      </Empty>
    );
  return (
    <Empty title={t`还没有${name}。把现在的 Excel 台账拖进来`} icon={<FileSpreadsheet size={24} />}>
      <div className="line">
        <Button type="primary" onClick={() => input.current?.click()}>{t`选文件…`}</Button>
        <Button onClick={onNew}>{t`新建${name}`}</Button>
      </div>
      <input
        ref={input}
        type="file"
        hidden
        accept=".xlsx,.xls,.ods,.csv,.tsv"
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file) onFile(file);
        }}
      />
    </Empty>
  );
}
