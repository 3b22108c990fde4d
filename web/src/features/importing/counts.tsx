import { t } from "@lingui/core/macro";
import { useCatalog } from "@/api/catalog";
import type { Entity, ImportReport } from "@/api/types";
import { textOf } from "@/i18n";
import { formatNumber } from "@/lib/money";
import { Figure } from "@/ui/page";

/** How many records of the kind that the file is imported as: those that its rows bring along stand below (`Counts`). */
export function Made({ report, entity }: { report: ImportReport; entity: Entity | undefined }) {
  const own = report.by_entity[entity?.key ?? ""] ?? { created: report.created, updated: report.updated };
  const name = textOf(entity?.label);
  return (
    <>
      <Figure value={formatNumber(own.created)} label={t`新建${name}`} testid="count-created" />
      <Figure value={formatNumber(own.updated)} label={t`更新${name}`} testid="count-updated" />
    </>
  );
}

/** Rows that mean the record of an earlier row: with them every row that was read is in one of the numbers. */
export function Merged({ report }: { report: ImportReport }) {
  return report.merged ? (
    <Figure value={formatNumber(report.merged)} label={t`并入前面的行`} testid="count-merged" />
  ) : null;
}

/** Rows of one sheet may become records of several kinds: which, and how many. */
export function Counts({ report }: { report: ImportReport }) {
  const entities = useCatalog()?.entities ?? [];
  const moved = Object.entries(report.by_entity).filter(([, count]) => count.created + count.updated > 0);
  if (moved.length === 0) return null;
  const nameOf = (key: string) => textOf(entities.find((item) => item.key === key)?.label) || key;
  return (
    <ul className="counts">
      {moved.map(([key, count]) => (
        <li key={key}>
          <span>{nameOf(key)}</span>
          {count.created ? (
            <span>
              <span className="quiet">{t`新建`}</span>{" "}
              <b data-testid={`created-${key}`}>{formatNumber(count.created)}</b>
            </span>
          ) : null}
          {count.updated ? (
            <span>
              <span className="quiet">{t`更新`}</span>{" "}
              <b data-testid={`updated-${key}`}>{formatNumber(count.updated)}</b>
            </span>
          ) : null}
        </li>
      ))}
    </ul>
  );
}
