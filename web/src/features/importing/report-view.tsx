import { t } from "@lingui/core/macro";
import { useCatalog } from "@/api/catalog";
import type { ImportReport } from "@/api/types";
import { textOf } from "@/i18n";
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
      <ByEntity report={report} />
      {report.findings.map((finding) => (
        <div
          key={`${finding.code}:${finding.message}`}
          className="finding"
          data-testid={`finding-${finding.code}`}
        >
          <div>{finding.message}</div>
          {finding.examples.length > 0 ? (
            <div className="quiet small">{finding.examples.slice(0, 5).map(exampleText).join("　")}</div>
          ) : null}
        </div>
      ))}
    </section>
  );
}

/** Rows of one sheet may become records of several kinds: which, and how many. */
function ByEntity({ report }: { report: ImportReport }) {
  const entities = useCatalog()?.entities ?? [];
  const moved = Object.entries(report.by_entity).filter(([, count]) => count.created + count.updated > 0);
  if (moved.length === 0) return null;
  const nameOf = (key: string) => textOf(entities.find((item) => item.key === key)?.label) || key;
  return (
    <div className="line quiet">
      {moved.map(([key, count]) => (
        <span key={key}>
          {nameOf(key)}{" "}
          {count.created ? (
            <>
              {t`新建`} <b data-testid={`created-${key}`}>{formatNumber(count.created)}</b>{" "}
            </>
          ) : null}
          {count.updated ? (
            <>
              {t`更新`} <b data-testid={`updated-${key}`}>{formatNumber(count.updated)}</b>
            </>
          ) : null}
        </span>
      ))}
    </div>
  );
}

/** An example is a text or an object such as {sheet, row, column}. */
function exampleText(example: unknown): string {
  if (typeof example === "string" || typeof example === "number") return String(example);
  if (typeof example !== "object" || example === null) return "";
  const { sheet, row, ...rest } = example as Record<string, unknown>;
  const place = [sheet, row ? t`第 ${String(row)} 行` : null];
  return [...place, ...Object.values(rest)]
    .filter((value) => value !== null && value !== undefined && value !== "")
    .map(String)
    .join(" ");
}
