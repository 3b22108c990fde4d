import { plural, t } from "@lingui/core/macro";
import { Button, Select } from "antd";
import { ArrowRight, Plus } from "lucide-react";
import { Fragment, useEffect, useState } from "react";
import { useCatalog } from "@/api/catalog";
import type { ImportColumn, ImportOptions, ImportSheet } from "@/api/types";
import { plainText } from "@/fields/widget";
import { textOf } from "@/i18n";
import { useMedia } from "@/ui/use-media";
import { ColumnPart, Confidence, handling, newName } from "./column-part";
import { withDates, withExisting, withField, withNewField, withUnit } from "./decisions";
import { type Target, useTargets } from "./targets";
import type { StepProps } from "./workbench";

const NOWHERE = "";
const NEW = "+";

/** Which column goes to which field, with examples, how sure that is and why. */
export function MappingStep({ job, busy, patch, go }: StepProps) {
  const sheets = job.sheets ?? [];
  const [name, setName] = useState<string>();
  const sheet = sheets.find((one) => one.name === name) ?? sheets[0];
  const [chosen, setChosen] = useState<number | null>(null);
  const wide = useMedia("(min-width: 1180px)");
  const targets = useTargets(sheet);
  const columns = sheet?.columns ?? [];
  const column = columns.find((one) => one.index === chosen) ?? (wide ? firstDoubtful(columns) : undefined);
  const targetOf = (one: ImportColumn) => targets.find((target) => target.value === one.field);

  // While the server works on the choice before, a list stays open and what is chosen in it waits.
  const [waiting, setWaiting] = useState<Map<string, [ImportColumn, string]>>(new Map());
  const choose = (one: ImportColumn, value: string) => {
    setChosen(one.index);
    setWaiting((now) => new Map(now).set(one.source, [one, value]));
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: sent once, as soon as the server is free
  useEffect(() => {
    if (busy || waiting.size === 0) return;
    let options: ImportOptions = job.options ?? {};
    for (const [one, value] of waiting.values())
      options = {
        ...options,
        ...(value === NEW
          ? withNewField(options, one)
          : withField(options, one, value === NOWHERE ? null : value)),
      };
    setWaiting(new Map());
    void patch({ map: options.map, create_fields: options.create_fields });
  }, [busy, waiting]);
  const taken = columns.filter((one) => one.field || one.create).length;
  const doubtful = columns.filter((one) => one.field && (one.confidence ?? 0) < 0.7).length;
  const side = (one: ImportColumn) => (
    <ColumnPart
      column={one}
      target={targetOf(one)}
      busy={busy}
      onUnit={(factor) => void patch(withUnit(job.options, one, factor))}
      onDates={(order) => void patch(withDates(job.options, one, order))}
      onExisting={(existing) => void patch(withExisting(job.options, one, existing))}
      onNew={() => choose(one, NEW)}
    />
  );
  return (
    <>
      <div className="import-columns">
        <div className="import-main">
          <div className="line import-bar">
            {sheets.length > 1 ? (
              <Select
                size="small"
                aria-label={t`工作表`}
                value={sheet?.name}
                options={sheets.map((one) => ({ value: one.name, label: one.name }))}
                onChange={setName}
              />
            ) : null}
            <Parts sheet={sheet} targets={targets} />
          </div>
          <table className="mapping" data-testid="mapping">
            <thead>
              <tr>
                <th>{t`表格的列`}</th>
                <th className="samples">{t`前 3 个值`}</th>
                <th>{t`写进台账的哪一项`}</th>
                <th>{t`把握`}</th>
                <th className="handling">{t`会怎样处理`}</th>
              </tr>
            </thead>
            <tbody>
              {columns.map((one) => (
                <Fragment key={one.index}>
                  <tr
                    data-testid={`map-${one.source}`}
                    className={one === column ? "chosen" : undefined}
                    onClick={() => setChosen(one.index)}
                    onFocus={() => setChosen(one.index)}
                  >
                    <td>
                      <span className="column-name">
                        <span className="letters">{one.letters}</span>
                        {one.source}
                      </span>
                    </td>
                    <td className="samples">
                      {(one.samples ?? []).map(plainText).filter(Boolean).join(" • ") || "—"}
                    </td>
                    <td className="goes-to">
                      <ArrowRight size={14} aria-hidden />
                      <FieldSelect
                        column={one}
                        targets={targets}
                        waiting={waiting.get(one.source)?.[1]}
                        onChoose={choose}
                      />
                    </td>
                    <td className="how-sure">
                      <Confidence column={one} />
                    </td>
                    <td className="handling quiet">{handling(one, targetOf(one))}</td>
                  </tr>
                  {!wide && one === column ? (
                    <tr className="column-row">
                      <td colSpan={5}>{side(one)}</td>
                    </tr>
                  ) : null}
                </Fragment>
              ))}
            </tbody>
          </table>
        </div>
        {wide ? <aside className="import-side">{column ? side(column) : null}</aside> : null}
      </div>
      <footer className="page-footer">
        <span className="quiet">
          {t`${columns.length} 列里 ${taken} 列会导入`}
          {doubtful > 0 ? (
            <span className="doubtful">{plural(doubtful, { other: "，# 列要看一眼" })}</span>
          ) : null}
          {columns.length > taken ? t`，${columns.length - taken} 列不导入` : null}
        </span>
        <span className="grow" />
        <Button onClick={() => go("sheet")}>{t`上一步`}</Button>
        <Button type="primary" data-testid="next-step" disabled={taken === 0} onClick={() => go("check")}>
          {t`去检查`}
        </Button>
      </footer>
    </>
  );
}

const firstDoubtful = (columns: ImportColumn[]) =>
  columns.find((one) => one.field && (one.confidence ?? 0) < 0.7) ??
  columns.find((one) => (one.reads ?? []).some((read) => read.asks === "dates")) ??
  columns.find((one) => one.unit_assumed || (!one.field && one.new_field && !one.create)) ??
  columns[0];

interface SelectProps {
  column: ImportColumn;
  targets: Target[];
  /** What was chosen and has not been sent yet. */
  waiting: string | undefined;
  onChoose: (column: ImportColumn, value: string) => void;
}

/** The fields of the entity, then those of the records that its rows bring along, each under its entity. */
function FieldSelect({ column, targets, waiting, onChoose }: SelectProps) {
  const paths = [...new Set(targets.map((one) => one.path))];
  const groups = paths.map((path) => {
    const fields = targets.filter((one) => one.path === path);
    return {
      key: path || "own",
      label: fields[0]?.entityLabel ?? path,
      options: fields.map((one) => ({
        value: one.value,
        label: path === "" ? one.label : `${one.entityLabel} · ${one.label}`,
      })),
    };
  });
  const known = targets.some((one) => one.value === column.field);
  return (
    <Select
      className={column.create ? "field-select new" : "field-select"}
      aria-label={t`「${column.source}」写进台账的哪一项`}
      showSearch={{ optionFilterProp: "label" }}
      popupMatchSelectWidth={260}
      value={waiting ?? (column.create ? NEW : (column.field ?? NOWHERE))}
      options={[
        { value: NOWHERE, label: t`不导入` },
        {
          value: NEW,
          label: t`新建字段：${newName(column)}`,
        },
        // Until the fields have come, and for one that is hidden: its key.
        ...(column.field && !known ? [{ value: column.field, label: column.field }] : []),
        ...groups,
      ]}
      optionRender={(option) =>
        option.value === NEW ? (
          <span className="with-icon">
            <Plus size={14} aria-hidden />
            {option.label}
          </span>
        ) : (
          option.label
        )
      }
      onChange={(value: string) => onChoose(column, value)}
    />
  );
}

/** Which records a row becomes, how many columns each of them takes, and by what each is recognised. */
function Parts({ sheet, targets }: { sheet: ImportSheet | undefined; targets: Target[] }) {
  const catalog = useCatalog()?.entities ?? [];
  const parts = (sheet?.parts ?? []).flatMap((part) => {
    const columns = (sheet?.columns ?? []).filter(
      (column) => targets.find((one) => one.value === column.field)?.path === part.path,
    );
    const entity = catalog.find((one) => one.key === part.entity);
    return entity && columns.length > 0 ? [{ part, entity, count: columns.length }] : [];
  });
  if (parts.length < 2) return null;
  return (
    <ul className="row-parts" data-testid="by-entity">
      <li className="quiet">{t`一行拆成`}</li>
      {parts.map(({ part, entity, count }) => (
        <li key={part.path}>
          <b>{[textOf(entity.label), /\d+$/.exec(part.path)?.[0]].filter(Boolean).join(" ")}</b>{" "}
          <span className="quiet">
            {plural(count, { other: "# 列" })}
            {part.key.length > 0
              ? t`，按${part.key
                  .map((key) => textOf(entity.fields.find((one) => one.key === key)?.label) || key)
                  .join(" + ")}认`
              : null}
          </span>
        </li>
      ))}
    </ul>
  );
}
