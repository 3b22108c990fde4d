import { plural, t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Radio } from "antd";
import { useState } from "react";
import { api } from "@/api/calls";
import { useCatalog } from "@/api/catalog";
import type {
  Entity,
  Field,
  Finding,
  FindingPlace,
  Id,
  ImportPreview,
  ImportTable,
  Value,
} from "@/api/types";
import { editValue, showValue } from "@/fields/registry";
import { textOf } from "@/i18n";
import type { PairChoice } from "./decisions";
import { likeness, otherRow } from "./findings";
import type { RowPlace, StepProps } from "./workbench";

/** What was chosen for a pair: rows that stay out, and cells that read otherwise so that the row is recognised. */
export interface PairMade {
  choice: PairChoice;
  out: RowPlace[];
  cells: Record<string, string>;
}

interface Props {
  finding: Finding;
  job: StepProps["job"];
  preview: ImportPreview | undefined;
  made: Record<string, PairMade>;
  busy: boolean;
  go: StepProps["go"];
  onMake: (key: string, made: PairMade) => void;
}

export const pairKey = (code: string, place: FindingPlace): string => `${code}:${place.sheet}!${place.row}`;

/** Rows that look like another row or like a record: both side by side, how alike and why, and which comes in. */
export function Pairs({ finding, job, preview, made, busy, go, onMake }: Props) {
  const rest = finding.count - finding.examples.length;
  const records = useRecords(finding, job);
  return (
    <section className="places pairs" data-testid={`finding-${finding.code}`}>
      <div className="places-head">
        <h2>{finding.message}</h2>
        <span className="quiet small">{t`不动就都导入`}</span>
      </div>
      {finding.examples.map((place) => {
        const key = pairKey(finding.code, place);
        return (
          <Pair
            key={key}
            place={place}
            job={job}
            preview={preview}
            record={records?.[String(place.entity)]?.get(Number(place.record))}
            made={made[key]}
            busy={busy}
            go={go}
            onMake={(one) => onMake(key, one)}
          />
        );
      })}
      {rest > 0 ? <p className="quiet small">{plural(rest, { other: "还有 # 处没有列出" })}</p> : null}
    </section>
  );
}

type Record_ = Record<string, Value>;

/** The records of the ledger that rows look like, as the reader may see them: by entity and number. */
function useRecords(finding: Finding, job: StepProps["job"]): Record<string, Map<Id, Record_>> | undefined {
  const entities = useCatalog()?.entities ?? [];
  const wanted: Record<string, Id[]> = {};
  for (const place of finding.examples)
    if (place.entity && place.record)
      wanted[String(place.entity)] = [...(wanted[String(place.entity)] ?? []), Number(place.record)];
  const { data } = useQuery({
    queryKey: ["import-doubles", job.id, wanted],
    enabled: Object.keys(wanted).length > 0,
    queryFn: async () => {
      const found: Record<string, Map<Id, Record_>> = {};
      for (const [key, ids] of Object.entries(wanted)) {
        const entity = entities.find((one) => one.key === key);
        const select = fieldsOf(job, entity).map(({ field }) => field.key);
        const answer = await api.query(key, {
          select,
          where: { field: "id", op: "in", value: [...new Set(ids)] },
          limit: ids.length,
        });
        const at = answer.columns.indexOf("id");
        found[key] = new Map(
          answer.rows.map((row) => [
            Number(row[at]),
            Object.fromEntries(answer.columns.map((column, n) => [column, row[n] ?? null])),
          ]),
        );
      }
      return found;
    },
  });
  return data;
}

/** The columns of the file that go to fields of an entity. */
function fieldsOf(job: StepProps["job"], entity: Entity | undefined, table?: string) {
  const sheets = (job.sheets ?? []).filter((one) => table === undefined || one.name === table);
  const found = new Map<string, { field: Field; letters: string; target: string }>();
  for (const sheet of sheets)
    for (const column of sheet.columns) {
      const target = sheet.targets?.find((one) => one.key === column.field && one.entity === entity?.key);
      const field = target && entity?.fields.find((one) => one.key === target.field);
      if (target && field && !found.has(field.key))
        found.set(field.key, { field, letters: column.letters, target: target.key });
    }
  return [...found.values()];
}

interface PairProps {
  place: FindingPlace;
  job: StepProps["job"];
  preview: ImportPreview | undefined;
  record: Record_ | undefined;
  made: PairMade | undefined;
  busy: boolean;
  go: StepProps["go"];
  onMake: (made: PairMade) => void;
}

function Pair({ place, job, preview, record, made, busy, go, onMake }: PairProps) {
  const [whole, setWhole] = useState(false);
  const catalog = useCatalog()?.entities ?? [];
  const alike = likeness(place);
  const other = otherRow(place);
  const here: RowPlace = { table: place.sheet ?? "", row: place.row ?? 0 };
  const entity = catalog.find((one) => one.key === place.entity);
  const beside = record ? fieldsOf(job, entity, here.table) : [];
  const lines = other
    ? rowsBeside(preview, here, other)
    : beside.map(({ field, letters }) => ({
        name: textOf(field.label),
        one: cellOf(preview, here, letters),
        other: showValue(field, record?.[field.key] ?? null),
      }));
  const filled = lines.filter((line) => line.one || line.other);
  const differing = filled.filter((line) => line.one !== line.other);
  const shown = whole ? filled : differing;
  const same = record ? recognised(job, here, place, entity, record) : null;
  const choose = (choice: PairChoice) =>
    onMake({
      choice,
      out: choice === "drop" ? [here] : choice === "drop-other" && other ? [other] : [],
      cells: choice === "same" && same ? same : {},
    });
  const nameOf = (to: RowPlace) =>
    to.table === here.table ? t`第 ${to.row} 行` : t`${to.table}第 ${to.row} 行`;
  return (
    <article className="pair" data-testid={`pair-${here.row}`}>
      <p>
        <b>{place.text}</b> <span className="quiet">{place.why}</span>
        {alike === null ? null : <span className="nowrap"> · {t`相似 ${alike}%`}</span>}
      </p>
      <table>
        <thead>
          <tr>
            <th />
            <th scope="col">
              <button
                type="button"
                className="link-button"
                data-testid={`to-row-${here.row}`}
                onClick={() => go("sheet", here)}
              >
                {nameOf(here)}
              </button>
            </th>
            <th scope="col">
              {other ? (
                <button
                  type="button"
                  className="link-button"
                  data-testid={`to-row-${other.row}`}
                  onClick={() => go("sheet", { table: other.table, row: other.row })}
                >
                  {nameOf(other)}
                </button>
              ) : place.record ? (
                <Link
                  className="link-button"
                  to="/record/$entity/$id"
                  params={{ entity: String(place.entity), id: String(place.record) }}
                  target="_blank"
                  data-testid={`like-${place.record}`}
                >{t`台账里那条`}</Link>
              ) : (
                t`台账里那条，你看不到`
              )}
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((line) => (
            <tr key={line.name} className={line.one === line.other ? undefined : "differs"}>
              <th scope="row">{line.name}</th>
              <td>{line.one || "—"}</td>
              <td>{line.other || "—"}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {filled.length > differing.length ? (
        <button type="button" className="link-button small" onClick={() => setWhole(!whole)}>
          {whole ? t`只看不同的` : plural(filled.length - differing.length, { other: "还有 # 项相同" })}
        </button>
      ) : null}
      <Radio.Group
        aria-label={t`哪条导入`}
        disabled={busy}
        value={made?.choice ?? "both"}
        onChange={(event) => choose(event.target.value as PairChoice)}
        options={
          other
            ? [
                { value: "both", label: t`两条都导入` },
                { value: "drop", label: t`只导入${nameOf(other)}` },
                { value: "drop-other", label: t`只导入${nameOf(here)}` },
              ]
            : [
                { value: "both", label: t`另建一条` },
                ...(same ? [{ value: "same", label: t`就是那条，更新它` }] : []),
                { value: "drop", label: t`这行不导入` },
              ]
        }
      />
    </article>
  );
}

const tableOf = (preview: ImportPreview | undefined, name: string): ImportTable | undefined =>
  preview?.tables.find((one) => one.name === name);

function cellsOf(table: ImportTable | undefined, row: number): string[] {
  return [...(table?.lines ?? []), ...(table?.further ?? [])].find((line) => line.row === row)?.cells ?? [];
}

function cellOf(preview: ImportPreview | undefined, at: RowPlace, letters: string): string {
  const table = tableOf(preview, at.table);
  return cellsOf(table, at.row)[table?.columns.findIndex((one) => one.letters === letters) ?? -1] ?? "";
}

/** Two rows of the file, heading by heading; of two tables the headings of the first. */
function rowsBeside(preview: ImportPreview | undefined, one: RowPlace, other: RowPlace) {
  const table = tableOf(preview, one.table);
  const second = tableOf(preview, other.table);
  const [ours, theirs] = [cellsOf(table, one.row), cellsOf(second, other.row)];
  return (table?.columns ?? []).map((column, at) => {
    const where =
      table === second ? at : (second?.columns.findIndex((each) => each.title === column.title) ?? -1);
    return {
      name: column.title || column.letters,
      one: ours[at] ?? "",
      other: theirs[where] ?? "",
    };
  });
}

/** The cells that would make the row be recognised as the record: what it is matched by, as the ledger spells it.
 * Null when rows of this kind are not matched, or the file has no column for it. */
function recognised(
  job: StepProps["job"],
  at: RowPlace,
  place: FindingPlace,
  entity: Entity | undefined,
  record: Record_,
): Record<string, string> | null {
  const sheet = job.sheets?.find((one) => one.name === at.table);
  const part = sheet?.parts?.find((one) => one.entity === place.entity);
  if (!sheet || !part || !entity || part.key.length === 0 || job.options?.on_match === "create") return null;
  const columns = fieldsOf(job, entity, at.table);
  const cells: Record<string, string> = {};
  for (const key of part.key) {
    const column = columns.find((one) => one.field.key === key);
    const value = record[key];
    if (!column || value === null || value === undefined) return null;
    cells[`${column.letters}${at.row}`] = editValue(column.field, value);
  }
  return cells;
}
