import { plural, t } from "@lingui/core/macro";
import { useSearch } from "@tanstack/react-router";
import { Button, Select } from "antd";
import { EyeOff, Table2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { may, useCatalog } from "@/api/catalog";
import type { ImportTable } from "@/api/types";
import { textOf } from "@/i18n";
import { formatNumber } from "@/lib/money";
import { DropMenu } from "@/ui/drop-menu";
import { Skeleton } from "@/ui/page";
import { withHeader, withRow } from "./decisions";
import { pairsOf } from "./findings";
import type { RowPlace, StepProps } from "./workbench";

/** What was found in the file, shown on the sheet itself: tables, headings, rows that are no data. */
export function SheetStep({ job, preview, report, busy, patch, go }: StepProps) {
  const asked = useSearch({ strict: false }) as Partial<RowPlace>;
  const entities = (useCatalog()?.entities ?? []).filter((item) => may(item, "import"));
  const tables = preview?.tables ?? [];
  const [chosen, setChosen] = useState<string>();
  const table =
    tables.find((one) => one.name === (chosen ?? asked.table)) ??
    tables.find((one) => one.taken) ??
    tables[0] ??
    undefined;
  const only = job.options?.sheet ?? null;
  return (
    <>
      <div className="import-columns">
        <div className="import-main">
          {tables.length > 1 ? (
            <div className="table-tabs" role="tablist" aria-label={t`文件里的表`}>
              {tables.map((one) => (
                <button
                  type="button"
                  role="tab"
                  className="underlined-tab"
                  key={one.name}
                  aria-selected={one === table}
                  data-testid={`table-${one.name}`}
                  onClick={() => setChosen(one.name)}
                >
                  {one.hidden ? (
                    <EyeOff size={14} aria-label={t`隐藏的表`} />
                  ) : (
                    <Table2 size={14} aria-hidden />
                  )}
                  {one.name}
                  <span className="quiet">{one.taken ? formatNumber(one.rows) : t`不导入`}</span>
                </button>
              ))}
            </div>
          ) : null}
          {table ? (
            <SheetPreview
              key={table.name}
              table={table}
              at={asked.table === table.name ? asked.row : undefined}
              pairs={pairsOf(report?.findings ?? [], table.name)}
              onPair={(to) => go("sheet", to)}
              busy={busy}
              onHeader={(row) => void patch(withHeader(job.options, table.name, row))}
              onRow={(row, out) => void patch(withRow(job.options, table.name, row, out))}
              chosenOut={job.options?.leave_out?.[table.name] ?? []}
            />
          ) : (
            <Skeleton rows={10} />
          )}
        </div>
        <aside className="import-side stack">
          <h2>{t`导入到`}</h2>
          <Select
            aria-label={t`导入到`}
            data-testid="import-target"
            disabled={busy}
            value={job.entity ?? undefined}
            options={entities.map((item) => ({ value: item.key, label: textOf(item.label) }))}
            onChange={(key) => void patch({ entity: key, map: {}, match: null, create_fields: [] })}
          />
          {tables.length > 1 ? (
            <>
              <h2>{t`读哪张表`}</h2>
              <Select
                aria-label={t`工作表`}
                data-testid="import-sheet"
                disabled={busy}
                value={only ?? ""}
                options={[
                  { value: "", label: t`全部像台账的表` },
                  ...tables.map((one) => ({ value: one.name, label: t`只读「${one.name}」` })),
                ]}
                onChange={(name) => void patch({ sheet: name || null })}
              />
            </>
          ) : null}
          {table ? <Found table={table} /> : null}
        </aside>
      </div>
      <footer className="page-footer">
        <span className="quiet">{t`原文件不会改动。现在什么都还没有写进台账`}</span>
        <span className="grow" />
        <Button
          type="primary"
          data-testid="next-step"
          disabled={!job.sheets?.length}
          onClick={() => go("map")}
        >
          {t`去对应字段`}
        </Button>
      </footer>
    </>
  );
}

const headRows = (table: ImportTable): [number, number] | null =>
  table.header_row ? [table.header_row - table.header_rows + 1, table.header_row] : null;

/** What was recognised, in sentences. */
function Found({ table }: { table: ImportTable }) {
  const head = headRows(table);
  const above = table.lines.filter((line) => head && line.row < head[0]).length;
  return (
    <div className="stack small found" data-testid="sheet-found">
      <h2>{t`认出来的`}</h2>
      <p>
        {!head
          ? t`没有一行是表头：是竖着填的表，或只有数据`
          : head[0] === head[1]
            ? t`第 ${head[1]} 行是表头`
            : t`第 ${head[0]} 到 ${head[1]} 行合成表头`}
      </p>
      <p>{plural(table.rows, { other: "# 行数据" })}</p>
      {above > 0 ? <p>{plural(above, { other: "表头上面 # 行是标题和说明，不导入" })}</p> : null}
      {table.left_out.length > 0 ? (
        <p>
          {plural(table.left_out.length, {
            other: `第 ${table.left_out.join(t`、`)} 行不是数据（合计、落款、重复的表头），不导入`,
          })}
        </p>
      ) : null}
      {table.hidden ? <p>{t`这张表在 Excel 里是隐藏的`}</p> : null}
      <p className="quiet">{t`不对就点左边的行号改`}</p>
    </div>
  );
}

interface PreviewProps {
  table: ImportTable;
  /** The row that somebody came for. */
  at: number | undefined;
  /** By row: the other rows that it looks like. */
  pairs: Map<number, RowPlace[]>;
  onPair: (to: RowPlace) => void;
  busy: boolean;
  chosenOut: number[];
  onHeader: (row: number) => void;
  onRow: (row: number, out: boolean) => void;
}

/** The first rows as they stand, each with what it was taken for. */
function SheetPreview({ table, at, pairs, onPair, busy, chosenOut, onHeader, onRow }: PreviewProps) {
  const here = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    if (at !== undefined) here.current?.scrollIntoView({ block: "center" });
  }, [at]);
  const head = headRows(table);
  const kindOf = (row: number): "head" | "out" | "data" => {
    if (head && row >= head[0] && row <= head[1]) return "head";
    if ((head && row < head[0]) || table.left_out.includes(row)) return "out";
    return "data";
  };
  const words = { head: t`表头`, out: t`不导入`, data: "" };
  const begin = table.lines.at(-1)?.row ?? 0;
  const lines = [...table.lines, ...table.further];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="sheet-preview" aria-label={t`文件的前几行`} tabIndex={0}>
      <table data-testid="sheet-preview">
        <thead>
          <tr>
            <th />
            {table.columns.map((column, at) => (
              <th key={`${at.toString()}${column.letters}`} scope="col">
                {column.letters}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map((line, nth) => {
            const kind = kindOf(line.row);
            const gap = line.row > begin && line.row !== (lines[nth - 1]?.row ?? 0) + 1;
            return (
              <tr
                key={line.row}
                ref={line.row === at ? here : undefined}
                className={[kind, gap ? "gap" : "", line.row === at ? "asked" : ""].join(" ").trim()}
                data-testid={`line-${line.row}`}
                data-kind={kind}
              >
                <th scope="row">
                  <DropMenu
                    trigger={["click"]}
                    disabled={busy}
                    menu={{
                      items: [
                        ...(head
                          ? [
                              {
                                key: "head",
                                label: t`这一行是表头`,
                                disabled: line.row === table.header_row,
                                onClick: () => onHeader(line.row),
                              },
                            ]
                          : []),
                        chosenOut.includes(line.row)
                          ? { key: "in", label: t`还是要导入`, onClick: () => onRow(line.row, false) }
                          : {
                              key: "out",
                              label: t`这一行不导入`,
                              disabled: kind !== "data",
                              onClick: () => onRow(line.row, true),
                            },
                      ],
                    }}
                  >
                    <button type="button" className="plain-button row-number">
                      {line.row}
                      {words[kind] ? <span className="row-kind">{words[kind]}</span> : null}
                    </button>
                  </DropMenu>
                  {(pairs.get(line.row) ?? []).map((to) => (
                    <button
                      type="button"
                      key={`${to.table}!${to.row}`}
                      className="link-button small row-pair"
                      data-testid={`pair-of-${line.row}`}
                      onClick={() => onPair(to)}
                    >
                      {to.table === table.name ? t`像第 ${to.row} 行` : t`像${to.table}第 ${to.row} 行`}
                    </button>
                  ))}
                </th>
                {line.cells.map((cell, at) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: the cells of a row never move
                  <td key={at} title={cell}>
                    {cell}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
      {table.more_columns > 0 ? (
        <p className="quiet small">{plural(table.more_columns, { other: "右边还有 # 列" })}</p>
      ) : null}
    </section>
  );
}
