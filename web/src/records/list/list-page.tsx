import { t } from "@lingui/core/macro";
import { useNavigate, useParams } from "@tanstack/react-router";
import { Button } from "antd";
import { Plus, Upload } from "lucide-react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { api } from "@/api/calls";
import { may, useEntity } from "@/api/catalog";
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
import { type GridHandle, LedgerGrid } from "../grid/grid";
import { NOTHING } from "../grid/selection";
import { recordChange } from "../undo";
import { ColumnMenu } from "./column-menu";
import { useColumns } from "./columns";
import { leaveFile } from "./dropped-file";
import { ExportMenu } from "./export-menu";
import { JumpBox } from "./jump-box";
import { Nothing } from "./nothing";
import { SearchBox } from "./search-box";
import { idsOf } from "./selection";
import { SelectionBar } from "./selection-bar";
import { readSort, useListSearch, writeSort } from "./use-list-search";
import { useRows } from "./use-rows";

const CreateDrawer = lazy(() =>
  import("../form/create-drawer").then((part) => ({ default: part.CreateDrawer })),
);

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
  const drop = useFileDrop((file) => may(entity, "import") && importFile(file));

  const onSort = (field: Field) => {
    if (field.sortable === false) return toast(t`「${textOf(field.label)}」不能排序`);
    change({ sort: writeSort(nextSort(sort, field.key)) });
  };

  const deleteRows = async () => {
    if (!may(entity, "delete")) return;
    try {
      const ids = await idsOf(store, selection.rows);
      if (ids.length === 0) return;
      const answer = await api.deleteRecords(entity.key, ids);
      setSelection(NOTHING);
      announce(entity.key, ids);
      const count = answer.affected ?? ids.length;
      recordChange(t`已删除 ${count} 条${name}`, [answer.changeset]);
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
            {may(entity, "export") ? <ExportMenu body={{ entity: entity.key, ...query }} /> : null}
            {may(entity, "import") ? (
              <Button
                icon={<Upload size={14} />}
                onClick={() => void navigate({ to: "/import" })}
              >{t`导入`}</Button>
            ) : null}
            {may(entity, "create") ? (
              <Button
                type="primary"
                icon={<Plus size={14} />}
                data-testid="new-record"
                onClick={() => setCreating(true)}
              >
                {t`新建${name}`}
              </Button>
            ) : null}
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
          entity={entity}
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
          onDelete={may(entity, "delete") ? () => void deleteRows() : undefined}
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
