import { plural, t } from "@lingui/core/macro";
import { Link } from "@tanstack/react-router";
import { Button, Input } from "antd";
import { CircleAlert, CircleHelp, CircleX, Download, Info, type LucideIcon } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { downloadUrl } from "@/api/client";
import { saveFile } from "@/api/jobs";
import type { Finding, FindingPlace } from "@/api/types";
import { textOf } from "@/i18n";
import { formatNumber } from "@/lib/money";
import { Empty, Skeleton } from "@/ui/page";
import { useIsPhone } from "@/ui/use-media";
import { Conflicts } from "./conflicts";
import {
  type Decisions,
  decided,
  merged,
  withCells,
  withDecisions,
  withFilled,
  withoutRows,
  withRow,
} from "./decisions";
import { type Group, grouped, groupOf, mendable, otherWords, outcomeOf, together } from "./findings";
import { kindName } from "./kind-name";
import { type PairMade, Pairs } from "./pairs";
import { type Target, useTargets } from "./targets";
import type { StepProps } from "./workbench";

const groupNames = (): Record<Group, [string, LucideIcon]> => ({
  rejected: [t`这几行进不来`, CircleX],
  unread: [t`读不出来`, CircleAlert],
  decide: [t`要你决定`, CircleHelp],
  told: [t`只是提醒`, Info],
});

const CONTINUED = new Set(["row.continued", "row.continues"]);
const PAIRED = new Set(["duplicate.in_file", "duplicate.in_ledger"]);

type Mended = Record<string, Record<string, string>>;

/** What was noticed, by kind; cells are mended and rows left out here, the file stays as it is. */
export function CheckStep({ job, entity, preview, report, busy, patch, go }: StepProps) {
  const [chosen, setChosen] = useState<string | null>(null);
  const [mended, setMended] = useState<Mended>({});
  const findings = report?.findings ?? [];
  const groups = grouped(findings);
  const finding = findings.find((one) => one.code === chosen) ?? groups[0]?.findings[0];
  const [said, setSaid] = useState<Decisions>({});
  const [pairs, setPairs] = useState<Record<string, PairMade>>({});
  const main = useRef<HTMLDivElement>(null);
  const isPhone = useIsPhone();
  useEffect(() => {
    if (chosen && isPhone) main.current?.scrollIntoView({ block: "start" }); // it stands below all the kinds
  }, [chosen, isPhone]);
  const settled = Object.values(pairs).filter((one) => one.choice !== "both");
  const count = [...Object.values(mended), ...Object.values(said)].reduce(
    (sum, of) => sum + Object.keys(of).length,
    settled.length,
  );
  const outcome = finding ? outcomeOf(finding.code) : undefined;
  const by = decided(job.options);
  const check = async () => {
    const cells = { ...mended };
    for (const [key, one] of Object.entries(pairs)) {
      const sheet = key.slice(key.indexOf(":") + 1, key.lastIndexOf("!"));
      if (Object.keys(one.cells).length > 0) cells[sheet] = { ...cells[sheet], ...one.cells };
    }
    const out = settled.flatMap((one) => one.out);
    await patch({
      ...withCells(job.options, cells),
      ...withDecisions(job.options, said),
      ...(out.length > 0 ? withoutRows(job.options, out) : {}),
    });
    setMended({});
    setPairs({});
    setSaid({});
  };
  return (
    <>
      {report ? (
        <div className="import-columns check">
          <div className="finding-kinds">
            <Share read={report.read} rejected={report.rejected} />
            {groups.map(({ group, findings: of }) => {
              const [name, Icon] = groupNames()[group];
              return (
                <section key={group} className={`kinds ${group}`}>
                  <h2 className="quiet small">{name}</h2>
                  {of.map((one) => (
                    <button
                      type="button"
                      key={one.code}
                      aria-pressed={one === finding}
                      data-testid={`kind-${one.code}`}
                      onClick={() => setChosen(one.code)}
                    >
                      <Icon size={14} aria-hidden />
                      <span className="grow">{kindName(one)}</span>
                      <span>{formatNumber(one.count)}</span>
                    </button>
                  ))}
                </section>
              );
            })}
            {findings.length > 0 ? (
              <Button
                size="small"
                icon={<Download size={14} />}
                data-testid="findings-workbook"
                onClick={() => saveFile(downloadUrl(`/imports/${job.id}/findings.xlsx`))}
              >{t`全部下载 .xlsx`}</Button>
            ) : null}
          </div>
          <div className="import-main" ref={main}>
            {finding && outcome ? (
              <Conflicts
                key={finding.code}
                job={job}
                finding={finding}
                outcome={outcome}
                said={said}
                busy={busy}
                onSay={(sheet, place, what) =>
                  setSaid((now) => ({ ...now, [sheet]: merged(now[sheet], { [place]: what }) }))
                }
              />
            ) : finding && PAIRED.has(finding.code) ? (
              <Pairs
                key={finding.code}
                finding={finding}
                job={job}
                preview={preview}
                made={pairs}
                busy={busy}
                go={go}
                onMake={(key, made) => setPairs((now) => ({ ...now, [key]: made }))}
              />
            ) : finding ? (
              <Places
                key={finding.code}
                finding={finding}
                onMap={() => go("map")}
                onFill={(sheets, fill) => void patch(withFilled(job.options, sheets, fill))}
                onAgain={check}
                mended={mended}
                busy={busy}
                naming={[...(entity?.title ?? []), "name"]}
                sheets={job.sheets ?? []}
                onMend={(sheet, cell, text) =>
                  setMended((now) => {
                    const { [cell]: _, ...rest } = now[sheet] ?? {};
                    return { ...now, [sheet]: text === null ? rest : { ...rest, [cell]: text } };
                  })
                }
                onLeaveOut={(sheet, row) => void patch(withRow(job.options, sheet, row, true))}
              />
            ) : (
              <Empty title={t`没有发现问题，每一行都能导入`} />
            )}
          </div>
        </div>
      ) : (
        <div className="page-body">
          <p className="quiet" role="status">{t`正在检查每一格，什么都还没有写…`}</p>
          <Skeleton rows={8} />
        </div>
      )}
      <footer className="page-footer">
        <span className="quiet">
          {by.cells + by.rows + by.decided > 0 ? (
            <>
              {by.cells + by.rows > 0
                ? t`${plural(by.cells, { other: "改了 # 格" })}，${plural(by.rows, { other: "# 行不导入" })}`
                : null}{" "}
              {by.decided > 0 ? plural(by.decided, { other: "定了 # 处" }) : null}{" "}
              <button
                type="button"
                className="link-button"
                disabled={busy}
                data-testid="forget-mended"
                onClick={() => void patch({ cells: {}, leave_out: {}, decide: {}, fill_down: {} })}
              >{t`都还原`}</button>
            </>
          ) : (
            t`改不了的先留空，原文还在；不影响其余的行`
          )}
        </span>
        <span className="grow" />
        <Button onClick={() => go("map")}>{t`上一步`}</Button>
        {count > 0 ? (
          <Button type="primary" loading={busy} data-testid="check-again" onClick={() => void check()}>
            {plural(count, { other: "改好 # 处，再检查" })}
          </Button>
        ) : (
          <Button type="primary" data-testid="next-step" disabled={!report} onClick={() => go("rehearse")}>
            {t`试运行，看会改什么`}
          </Button>
        )}
      </footer>
    </>
  );
}

/** What a row must get to come in. */
const missingName = (code: string): string =>
  code === "row.without_number" ? t`补上编号` : code === "row.without_day" ? t`补上日期` : t`补上名称`;

/** How many rows come in as they are. */
function Share({ read, rejected }: { read: number; rejected: number }) {
  const whole = Math.max(read, 1);
  return (
    <div className="share">
      <span className="quiet small">{t`可以导入`}</span>
      <span>
        <b data-testid="share-good">{formatNumber(read - rejected)}</b>
        <span className="quiet">{plural(read, { other: " / # 行" })}</span>
      </span>
      <span className="share-bar" aria-hidden>
        <i style={{ width: `${((read - rejected) * 100) / whole}%` }} />
        {rejected > 0 ? <i className="bad" style={{ width: `${(rejected * 100) / whole}%` }} /> : null}
      </span>
    </div>
  );
}

const isPerson = (targets: Target[], place: FindingPlace): boolean =>
  targets.some((one) => one.value === place.field && one.field.type === "user");

interface PlacesProps {
  finding: Finding;
  mended: Mended;
  busy: boolean;
  naming: string[];
  sheets: NonNullable<StepProps["job"]["sheets"]>;
  onMend: (sheet: string, cell: string, text: string | null) => void;
  onLeaveOut: (sheet: string, row: number) => void;
  onMap: () => void;
  onFill: (sheets: (string | undefined)[], fill: boolean) => void;
  onAgain: () => Promise<void>;
}

/** The places of a finding: what stands there, what is wrong, and what it shall be instead. */
function Places(props: PlacesProps) {
  const { finding, mended, busy, naming, sheets, onMend, onLeaveOut, onMap, onFill, onAgain } = props;
  const targets = useTargets(sheets.find((one) => one.name === finding.examples[0]?.sheet) ?? sheets[0]);
  const several = sheets.length > 1;
  const rest = finding.count - finding.examples.length;
  const editable = groupOf(finding.code) !== "told";
  const people =
    finding.code === "relation.unmatched" && finding.examples.some((place) => isPerson(targets, place));
  const goal = (place: FindingPlace) =>
    textOf(targets.find((one) => one.value === place.field)?.field.label) || place.column || "";
  return (
    <section className="places" data-testid={`finding-${finding.code}`}>
      <div className="places-head">
        <h2>{finding.message}</h2>
        {editable && finding.examples.some((place) => mendable(place, finding.code, sheets, naming)) ? (
          <span className="quiet small">{t`在这里直接改，原文件不动`}</span>
        ) : null}
      </div>
      {people ? (
        <p className="places-hint small" data-testid="unknown-people">
          {t`这些同事还没有账号：先在设置里加上，再检查一次；或者在右边改成已有的同事`}{" "}
          <Link to="/settings" target="_blank" className="link-button">{t`到设置`}</Link>{" "}
          <button
            type="button"
            className="link-button"
            disabled={busy}
            data-testid="check-people"
            onClick={() => void onAgain()}
          >{t`再检查一次`}</button>
        </p>
      ) : null}
      {CONTINUED.has(finding.code) ? (
        <p className="places-hint small">
          <button
            type="button"
            className="link-button"
            disabled={busy}
            data-testid="fill-down"
            onClick={() =>
              onFill([...new Set(finding.examples.map((one) => one.sheet))], finding.code === "row.continues")
            }
          >
            {finding.code === "row.continues" ? t`按上面的行填` : t`不接着上面的行，不要填`}
          </button>
        </p>
      ) : null}
      {finding.code === "column.unmapped" ? (
        <p className="places-hint small">
          <button type="button" className="link-button" data-testid="map-columns" onClick={onMap}>
            {t`去选写进台账的哪一项，或新建一项`}
          </button>
        </p>
      ) : null}
      <ul>
        {together(finding).map((places, at) => {
          const place = places[0] as FindingPlace;
          const mend = editable ? mendable(place, finding.code, sheets, naming) : null;
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: places of one finding keep their order
            <li key={at}>
              <span className="letters">
                {several && place.sheet ? `${place.sheet} ` : ""}
                {place.cell ?? (place.row ? t`第 ${place.row} 行` : (place.column ?? place.sheet ?? ""))}
                {places.length > 1 ? ` ${plural(places.length, { other: "等 # 处" })}` : ""}
              </span>
              <span className="place-field">{place.cell || place.row ? goal(place) : ""}</span>
              <span className={editable ? "place-text danger-text" : "place-text"}>
                {place.text ?? otherWords(place)}
              </span>
              <span className="place-why quiet">{place.why ?? ""}</span>
              <span className="place-act">
                {mend ? (
                  <Input
                    aria-label={t`${mend.cell} 改成`}
                    data-testid={`mend-${mend.cell}`}
                    placeholder={place.cell ? t`改成，或留空` : missingName(finding.code)}
                    disabled={busy}
                    value={mended[mend.sheet]?.[mend.cell] ?? ""}
                    onChange={(event) => {
                      for (const one of places)
                        onMend(mend.sheet, one.cell ?? mend.cell, event.target.value || null);
                    }}
                  />
                ) : null}
                {editable && place.sheet && place.row && places.length === 1 ? (
                  <button
                    type="button"
                    className="link-button small"
                    disabled={busy}
                    data-testid={`leave-out-${place.row}`}
                    onClick={() => onLeaveOut(place.sheet as string, place.row as number)}
                  >{t`这行不导入`}</button>
                ) : null}
              </span>
            </li>
          );
        })}
      </ul>
      {rest > 0 && finding.examples.length > 0 ? (
        <p className="quiet small">{plural(rest, { other: "还有 # 处，导入后在错误清单里" })}</p>
      ) : null}
    </section>
  );
}
