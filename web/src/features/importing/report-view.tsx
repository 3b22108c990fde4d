import { plural, t } from "@lingui/core/macro";
import type { ImportReport } from "@/api/types";
import { formatNumber } from "@/lib/money";
import { Figure } from "@/ui/page";

/** Counts that add up, and what was noticed, with examples. */
export function ReportView({ report }: { report: ImportReport }) {
  return (
    <section className="stack" data-testid="import-report">
      <div className="figures">
        <Figure value={formatNumber(report.read)} label={t`读到的行`} testid="count-read" />
        <Figure value={formatNumber(report.created)} label={t`新建`} testid="count-created" />
        <Figure value={formatNumber(report.updated)} label={t`更新`} testid="count-updated" />
        <Figure value={formatNumber(report.skipped)} label={t`没有变化`} testid="count-skipped" />
        <Figure value={formatNumber(report.rejected)} label={t`没有导入`} testid="count-rejected" />
      </div>
      {report.findings.map((finding) => (
        <div
          key={`${finding.code}:${finding.message}`}
          className="finding"
          data-testid={`finding-${finding.code}`}
        >
          <div className="line">
            <b>{plural(finding.count, { other: "# 处" })}</b>
            <span>{finding.message}</span>
          </div>
          {finding.examples.length > 0 ? (
            <div className="quiet small">{finding.examples.slice(0, 5).map(exampleText).join("　")}</div>
          ) : null}
        </div>
      ))}
    </section>
  );
}

/** An example is a text or an object such as {cell, value}. */
function exampleText(example: unknown): string {
  if (typeof example === "string" || typeof example === "number") return String(example);
  if (typeof example !== "object" || example === null) return "";
  return Object.entries(example)
    .filter(([, value]) => value !== null && value !== "")
    .map(([, value]) => String(value))
    .join(" ");
}
