import { plural, t } from "@lingui/core/macro";
import { Button, Select } from "antd";
import { may } from "@/api/catalog";
import type { OnMatch } from "@/api/types";
import { formatNumber } from "@/lib/money";
import { Figure, Skeleton } from "@/ui/page";
import { Counts, Made, Merged } from "./counts";
import { toLookAt } from "./findings";
import { useTargets } from "./targets";
import type { StepProps } from "./workbench";

/** What would happen, in numbers, and by what known records are recognised. Nothing has been written. */
export function RehearseStep({ job, entity, report, busy, patch, apply, go }: StepProps) {
  const targets = useTargets(job.sheets?.find((sheet) => sheet.entity === job.entity) ?? job.sheets?.[0]);
  const taken = new Set((job.sheets ?? []).flatMap((sheet) => sheet.columns.map((column) => column.field)));
  const rows = report ? report.read - report.rejected : 0;
  const looked = report ? toLookAt(report.findings) : 0;
  return (
    <>
      <div className="page-body">
        <div className="import-result stack" data-testid="import-report">
          <div className="rehearsal stack">
            <b>{t`试运行：什么都没有改`}</b>
            {report ? (
              <>
                <div className="figures">
                  <Figure value={formatNumber(report.read)} label={t`读到的行`} testid="count-read" />
                  <Made report={report} entity={entity} />
                  <Figure value={formatNumber(report.skipped)} label={t`没有变化`} testid="count-skipped" />
                  <Merged report={report} />
                  <Figure value={formatNumber(report.rejected)} label={t`没有导入`} testid="count-rejected" />
                </div>
                <Counts report={report} />
              </>
            ) : (
              <Skeleton rows={3} />
            )}
          </div>
          <section className="match-settings">
            <h2>{t`已经在台账里的怎么办`}</h2>
            <div className="setting-line">
              <span className="quiet">{t`按什么认出已有的`}</span>
              <Select
                mode="multiple"
                aria-label={t`按什么认出已有的`}
                data-testid="import-match"
                placeholder={t`不认，一律新建`}
                disabled={busy}
                value={job.options?.match ?? []}
                options={targets
                  .filter((one) => one.path === "" && taken.has(one.value))
                  .map((one) => ({ value: one.value, label: one.label }))}
                onChange={(keys: string[]) => void patch({ match: keys })}
              />
            </div>
            <div className="setting-line">
              <span className="quiet">{t`认出以后`}</span>
              <Select
                aria-label={t`认出以后`}
                data-testid="import-on-match"
                disabled={busy}
                value={job.options?.on_match ?? "update"}
                options={[
                  { value: "update", label: t`更新已有的` },
                  { value: "skip", label: t`跳过已有的` },
                  { value: "create", label: t`一律新建` },
                ]}
                onChange={(value: OnMatch) => void patch({ on_match: value })}
              />
            </div>
          </section>
          {looked > 0 ? (
            <button
              type="button"
              className="link-button"
              style={{ alignSelf: "start" }}
              onClick={() => go("check")}
            >
              {plural(looked, { other: "还有 # 处要看一眼" })}
            </button>
          ) : null}
        </div>
      </div>
      <footer className="page-footer">
        {report && report.rejected > 0 ? (
          <span className="danger-text" data-testid="import-warning">
            {rows === 0
              ? t`没有一行能导入。看看「导入到」选对了没有，原因在「检查」里`
              : plural(report.rejected, { other: "# 行导不进来，原因在「检查」里" })}
          </span>
        ) : (
          <span className="quiet">{t`导入以后可以整个撤销`}</span>
        )}
        <span className="grow" />
        <Button onClick={() => go("check")}>{t`上一步`}</Button>
        <Button
          type="primary"
          loading={busy}
          disabled={!rows || !may(entity, "import")}
          data-testid="import-apply"
          onClick={() => void apply()}
        >
          {rows ? plural(rows, { other: "导入 # 行" }) : t`导入`}
        </Button>
      </footer>
    </>
  );
}
