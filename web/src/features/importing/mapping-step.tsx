import { plural, t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Button, Select } from "antd";
import { useState } from "react";
import { api } from "@/api/calls";
import { may, queryClient, useCatalog, useEntity } from "@/api/catalog";
import type { ImportColumn, ImportJob, ImportOptions, OnMatch } from "@/api/types";
import { plainText } from "@/fields/widget";
import { textOf } from "@/i18n";
import { sentenceOf } from "@/ui/errors";
import { Banner } from "@/ui/page";
import { ReportView } from "./report-view";
import { useTargets } from "./targets";

interface Props {
  job: ImportJob;
  onChanged: () => void;
}

const IGNORE = "";
const ALL_SHEETS = "";

/** Which column goes to which field, how rows are matched, and what would happen. */
export function MappingStep({ job, onChanged }: Props) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const sheets = job.sheets ?? [];
  const [sheetName, setSheetName] = useState<string | undefined>(job.options?.sheet ?? undefined);
  const sheet = sheets.find((item) => item.name === sheetName) ?? sheets[0];
  const entity = useEntity(job.entity ?? "");
  const entities = (useCatalog()?.entities ?? []).filter((item) => may(item, "import"));
  const report = useQuery({
    queryKey: ["import-report", job.id],
    queryFn: () => api.importReport(job.id),
    enabled: job.state === "checked",
    staleTime: Number.POSITIVE_INFINITY,
  });

  const run = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setFailure(null);
    try {
      await work();
      queryClient.removeQueries({ queryKey: ["import-report", job.id] });
      onChanged();
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  const patch = (body: ImportOptions & { entity?: string; sheet?: string | null }) =>
    run(() => api.changeImport(job.id, body));
  const setField = (column: ImportColumn, field: string | null) =>
    patch({
      map: Object.fromEntries(
        (sheet?.columns ?? []).map((item) => [
          item.source,
          item.source === column.source ? field : item.field,
        ]),
      ),
    });

  const targets = useTargets(entity);
  const options = [{ value: IGNORE, label: t`不导入` }, ...targets];
  const labelOf = (key: string) => targets.find((target) => target.value === key)?.label ?? key;
  const mapped = sheet?.columns.filter((column) => column.field).length ?? 0;
  const match = job.options?.match ?? [];
  const columnOptions = (column: ImportColumn) =>
    column.field && !options.some((option) => option.value === column.field)
      ? [...options, { value: column.field, label: labelOf(column.field) }]
      : options;
  const told = report.data;
  const rows = told ? told.read - told.rejected : undefined;

  return (
    <>
      <div className="page-body stack">
        {failure || report.error ? <Banner bad>{sentenceOf(failure ?? report.error)}</Banner> : null}
        <div className="line">
          {sheets.length > 1 || sheetName ? (
            <Select
              style={{ minWidth: 160 }}
              aria-label={t`工作表`}
              data-testid="import-sheet"
              value={sheetName ?? ALL_SHEETS}
              options={[
                { value: ALL_SHEETS, label: t`全部工作表` },
                ...sheets.map((item) => ({ value: item.name, label: item.name })),
              ]}
              onChange={(name) => {
                setSheetName(name || undefined);
                void patch({ sheet: name || null });
              }}
            />
          ) : null}
          <span>{t`导入到`}</span>
          <Select
            style={{ minWidth: 140 }}
            aria-label={t`导入到`}
            data-testid="import-target"
            value={job.entity ?? undefined}
            options={entities.map((item) => ({ value: item.key, label: textOf(item.label) }))}
            onChange={(key) => void patch({ entity: key })}
          />
          <span>{t`按什么认出已有的`}</span>
          <Select
            mode="multiple"
            style={{ minWidth: 200 }}
            aria-label={t`按什么认出已有的`}
            data-testid="import-match"
            placeholder={t`自动`}
            value={match}
            options={(sheet?.columns ?? []).flatMap((column) =>
              column.field ? [{ value: column.field, label: labelOf(column.field) }] : [],
            )}
            onChange={(keys) => void patch({ match: keys })}
          />
          <Select
            style={{ minWidth: 140 }}
            aria-label={t`认出以后`}
            data-testid="import-on-match"
            value={job.options?.on_match ?? "update"}
            options={[
              { value: "update", label: t`更新已有的` },
              { value: "skip", label: t`跳过已有的` },
              { value: "create", label: t`一律新建` },
            ]}
            onChange={(value: OnMatch) => void patch({ on_match: value })}
          />
        </div>
        <table className="mapping" data-testid="mapping">
          <thead>
            <tr>
              <th>{t`表格的列`}</th>
              <th>{t`前几个值`}</th>
              <th>{t`写进哪个字段`}</th>
              <th>{t`把握`}</th>
            </tr>
          </thead>
          <tbody>
            {sheet?.columns.map((column) => (
              <tr key={column.source} data-testid={`map-${column.source}`}>
                <td>{column.source}</td>
                <td className="samples">
                  {(column.samples ?? []).map(plainText).filter(Boolean).join(" • ")}
                </td>
                <td>
                  <Select
                    style={{ width: 220 }}
                    aria-label={t`「${column.source}」写进哪个字段`}
                    showSearch={{ optionFilterProp: "label" }}
                    value={column.field ?? IGNORE}
                    disabled={busy}
                    options={columnOptions(column)}
                    onChange={(field) => void setField(column, field === IGNORE ? null : field)}
                  />
                </td>
                <td>
                  <Confidence column={column} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {told ? <ReportView report={told} /> : <span className="quiet">{t`正在试导，什么都还没有写…`}</span>}
      </div>
      <footer className="page-footer">
        <span className="quiet">
          {t`${mapped} 列会导入，${(sheet?.columns.length ?? 0) - mapped} 列不导入。导入以后可以整个撤销`}
        </span>
        {told && told.rejected > 0 ? (
          <span className="danger-text" data-testid="import-warning">
            {rows === 0
              ? t`没有一行能导入，原因在下面。看看「导入到」选对了没有`
              : plural(told.rejected, { other: "# 行导不进来，原因在下面" })}
          </span>
        ) : null}
        <span className="grow" />
        <Button
          type="primary"
          loading={busy}
          disabled={job.state !== "checked" || !rows || !may(entity, "import")}
          data-testid="import-apply"
          onClick={() => void run(() => api.applyImport(job.id))}
        >
          {rows ? plural(rows, { other: "导入 # 行" }) : t`导入`}
        </Button>
      </footer>
    </>
  );
}

/** How sure the recognition is: four strokes and a word. */
function Confidence({ column }: { column: ImportColumn }) {
  if (!column.field) return <span className="quiet">{t`没有对应的字段`}</span>;
  const sure = column.confidence ?? 0;
  const strokes = sure >= 0.9 ? 4 : sure >= 0.7 ? 3 : 2;
  const word = strokes === 4 ? t`很有把握` : strokes === 3 ? t`有把握` : t`看一眼`;
  return (
    <span className={strokes < 3 ? "confidence low" : "confidence"} title={reasonText(column.reason)}>
      {[1, 2, 3, 4].map((at) => (
        <i key={at} className={at <= strokes ? "on" : ""} />
      ))}
      &nbsp;{word}
    </span>
  );
}

function reasonText(reason: string | null | undefined): string | undefined {
  const words: Record<string, string> = {
    label: t`列名就是字段名`,
    synonym: t`列名是常见的叫法`,
    similar: t`列名相近`,
    content: t`看内容认出来的`,
    given: t`你选的`,
    derived: t`写到它的来源字段`,
  };
  return reason ? words[reason] : undefined;
}
