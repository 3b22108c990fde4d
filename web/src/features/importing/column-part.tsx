import { t } from "@lingui/core/macro";
import { Button, Radio } from "antd";
import { Check, CircleQuestionMark, Plus } from "lucide-react";
import type { ReactNode } from "react";
import type { DateOrder, Existing, ImportColumn, ImportRead } from "@/api/types";
import { showValue } from "@/fields/registry";
import { typeName } from "@/fields/type-names";
import type { Target } from "./targets";

/** How sure the recognition is: four strokes and a word. */
export function Confidence({ column }: { column: ImportColumn }) {
  if (column.create) return <span className="quiet">{t`新字段`}</span>;
  if (!column.field)
    return (
      <span className="quiet">
        {column.reason === "given" || column.reason === "remembered"
          ? t`你选的`
          : column.reason === "row_number"
            ? t`序号，不用导入`
            : column.reason === "not_allowed"
              ? t`你的角色不能写`
              : column.reason === "double"
                ? t`别的列更像这一项`
                : t`台账里没有这一项`}
      </span>
    );
  const sure = column.confidence ?? 0;
  const strokes = sure >= 0.9 ? 4 : sure >= 0.7 ? 3 : 2;
  const word = strokes === 4 ? t`很有把握` : strokes === 3 ? t`有把握` : t`要看一眼`;
  return (
    <span className={strokes < 3 ? "confidence low" : "confidence"} title={reasonText(column)}>
      {[1, 2, 3, 4].map((at) => (
        <i key={at} className={at <= strokes ? "on" : ""} />
      ))}
      &nbsp;{word}
    </span>
  );
}

export function reasonText(column: ImportColumn): string {
  const words: Record<string, string> = {
    label: t`列名和台账里的一样`,
    synonym: t`列名是常见的叫法`,
    similar: t`列名相近`,
    content: t`看内容认出来的`,
    given: t`你选的`,
    remembered: t`和上次导入一样`,
    joined: t`和另一列合成一个值`,
    derived: t`台账里这一项是自动算出来的，不用导入`,
    filed: t`在别处建档的日子，当作合作起始时间`,
    row_number: t`只是行的序号，不用导入`,
    not_allowed: t`你的角色不能写这一项，要导就找管理员`,
    double: t`别的列更像这一项`,
    none: t`没有名字相近的项`,
  };
  return words[column.reason ?? "none"] ?? "";
}

/** What happens to the values on their way, in a few words. */
export function handling(column: ImportColumn, target: Target | undefined): ReactNode {
  if (column.create) return newFieldText(column);
  if (!column.field) return (column.samples ?? []).length === 0 ? t`整列为空` : "";
  // What was put in its place, or is only doubted, is told in the next step.
  const wrong = (column.reads ?? []).filter((read) => read.problem && (read.value ?? null) === null).length;
  const amount = target?.field.type === "money" || target?.field.value_type === "money";
  return (
    <>
      {amount && (column.factor ?? 1) > 1
        ? column.factor === 10_000
          ? t`万元 × 10,000，存为元`
          : t`千元 × 1,000，存为元`
        : amount && column.unit_assumed
          ? t`没写单位，当作元`
          : null}
      {column.existing === "fill" ? ` ${t`已有的只填空白`}` : null}
      {column.existing === "keep" ? ` ${t`已有的不动`}` : null}
      {(column.reads ?? []).some((read) => read.asks === "dates") ? (
        <span className="doubtful"> {t`选一下日期怎么读`}</span>
      ) : wrong > 0 ? (
        <span className="doubtful"> {t`有读不出来的值`}</span>
      ) : null}
    </>
  );
}

/** What the field of a column that nothing takes will be called. */
export const newName = (column: ImportColumn): string => column.new_name ?? column.source;

const newFieldText = (column: ImportColumn): string => typeName(column.new_field ?? "text");

interface Props {
  column: ImportColumn;
  target: Target | undefined;
  busy: boolean;
  onUnit: (factor: number) => void;
  onDates: (order: DateOrder) => void;
  onExisting: (existing: Existing) => void;
  onNew: () => void;
}

/** One column: why it goes where it goes, and what its values become. */
export function ColumnPart({ column, target, busy, onUnit, onDates, onExisting, onNew }: Props) {
  const amount = target && (target.field.type === "money" || target.field.value_type === "money");
  const doubtful = (column.confidence ?? 0) < 0.7;
  return (
    <div className="stack column-part" data-testid="column-part">
      <h2>
        <span className="letters">{column.letters}</span> {column.source}
      </h2>
      <div className="stack tight">
        <span className="quiet small">{t`怎么认出来的`}</span>
        <span className="with-icon">
          {doubtful ? <CircleQuestionMark size={14} aria-hidden /> : <Check size={14} aria-hidden />}
          {reasonText(column)}
        </span>
        {target ? <span className="quiet small">{`${target.entityLabel} · ${target.label}`}</span> : null}
      </div>
      {target && column.reads && column.reads.length > 0 ? (
        <div className="stack tight">
          <span className="quiet small">{t`换算后是这样`}</span>
          <ul className="reads">
            {column.reads.map((read, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two cells may hold the same text
              <li key={at}>
                <span className="read-text">{read.text}</span>
                <span className="quiet" aria-hidden>
                  →
                </span>
                <Read read={read} target={target} />
              </li>
            ))}
          </ul>
        </div>
      ) : null}
      {amount ? (
        <Radio.Group
          disabled={busy}
          aria-label={t`金额的单位`}
          value={column.factor ?? 1}
          onChange={(event) => onUnit(event.target.value as number)}
          options={[
            { value: 1, label: t`单位是元` },
            { value: 1_000, label: t`单位是千元` },
            { value: 10_000, label: t`单位是万元` },
          ]}
        />
      ) : null}
      {column.order || (column.reads ?? []).some((read) => read.asks === "dates") ? (
        <div className="stack tight">
          <span className="quiet small">{t`5/3/23 这样的日期怎么读`}</span>
          <Radio.Group
            disabled={busy}
            aria-label={t`5/3/23 这样的日期怎么读`}
            data-testid="column-dates"
            value={column.order}
            onChange={(event) => onDates(event.target.value as DateOrder)}
            options={[
              { value: "dmy", label: t`日/月/年` },
              { value: "mdy", label: t`月/日/年` },
              { value: "ymd", label: t`年/月/日` },
            ]}
          />
        </div>
      ) : null}
      {column.field && column.existing ? (
        <div className="stack tight">
          <span className="quiet small">{t`台账里已有的记录`}</span>
          <Radio.Group
            vertical
            disabled={busy}
            aria-label={t`台账里已有的记录`}
            data-testid="column-existing"
            value={column.existing}
            onChange={(event) => onExisting(event.target.value as Existing)}
            options={[
              { value: "overwrite", label: t`用文件里的覆盖` },
              { value: "fill", label: t`只填空白` },
              { value: "keep", label: t`保留台账的，不改` },
            ]}
          />
        </div>
      ) : null}
      {!column.field && column.new_field && !column.create ? (
        <div className="stack tight">
          <span>
            {column.reason === "double"
              ? t`要留这一列，可以加一项：${newFieldText(column)}`
              : t`台账里没有这一项，可以加一个：${newFieldText(column)}`}
          </span>
          <Button
            className="dashed"
            icon={<Plus size={14} />}
            disabled={busy}
            data-testid="new-field"
            onClick={onNew}
          >{t`新建字段：${newName(column)}`}</Button>
        </div>
      ) : null}
      {column.create ? (
        <span className="quiet small">{t`导入时新建，撤销导入后字段还在，可以在「对象和字段」里收起`}</span>
      ) : null}
    </div>
  );
}

function Read({ read, target }: { read: ImportRead; target: Target }) {
  if (read.value === null || read.value === undefined)
    return <span className="danger-text">{read.problem ?? t`空`}</span>;
  const unit = target.field.value_type === "money" || target.field.type === "money" ? ` ${t`元`}` : "";
  return (
    <span className={read.problem ? "doubtful" : undefined} title={read.problem}>
      {showValue(target.field, read.value)}
      {unit}
    </span>
  );
}
