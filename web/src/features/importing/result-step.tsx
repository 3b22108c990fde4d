import { plural, t } from "@lingui/core/macro";
import { Link, useNavigate } from "@tanstack/react-router";
import { Button } from "antd";
import {
  CircleCheck,
  Columns3,
  Download,
  FileWarning,
  GitCompareArrows,
  ListPlus,
  Undo2,
} from "lucide-react";
import { type ReactNode, useState } from "react";
import { api } from "@/api/calls";
import { useEntity } from "@/api/catalog";
import { downloadUrl } from "@/api/client";
import { announce } from "@/api/events";
import { saveFile } from "@/api/jobs";
import type { Finding, ImportJob } from "@/api/types";
import { pluralOf, textOf } from "@/i18n";
import { formatNumber } from "@/lib/money";
import { conflictSentence } from "@/records/undo";
import { createView, useViews } from "@/records/views/use-views";
import { sentenceOf } from "@/ui/errors";
import { Banner, Figure } from "@/ui/page";
import { toast } from "@/ui/toast";
import { columnsOf, viewName } from "./as-imported";
import { newName } from "./column-part";
import { Counts, Made, Merged } from "./counts";
import { groupOf } from "./findings";
import { StepLine } from "./steps";
import "./result.css";

/** What came in, what did not, and the way back. */
export function ResultStep({ job, onChanged }: { job: ImportJob; onChanged: () => void }) {
  const navigate = useNavigate();
  const entity = useEntity(job.entity ?? "");
  const [busy, setBusy] = useState(false);
  const { result, changeset } = job;
  const name = textOf(entity?.label);
  const undone = job.state === "undone";

  const run = async (work: () => Promise<void>) => {
    setBusy(true);
    try {
      await work();
      onChanged();
    } catch (error) {
      toast(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  const undo = () =>
    run(async () => {
      if (!changeset) return;
      const answer = await api.undo(changeset);
      announce(null);
      toast(answer.conflicts?.length ? conflictSentence(answer) : t`已撤销导入`);
    });
  const columns = entity ? columnsOf(job, entity) : [];
  const views = useViews(entity?.key ?? "") ?? [];
  /** Opens the list with the file's columns; the view is made once and found again. */
  const asImported = () =>
    run(async () => {
      if (!entity) return;
      const name = viewName(job.filename ?? "") || t`导入的表`;
      const same = views.find((one) => one.name === name && one.data.select?.join() === columns.join());
      const view = same ?? (await createView(entity.key, name, { select: columns }, false));
      if (view)
        void navigate({ to: "/list/$entity", params: { entity: entity.key }, search: { view: view.id } });
    });
  const resume = () => run(async () => void (await api.applyImport(job.id)));
  const own = result?.by_entity[job.entity ?? ""];
  const came = own ? own.created + own.updated : 0;
  const made = (job.sheets ?? [])
    .flatMap((sheet) => sheet.columns)
    .filter((one) => one.new_field && one.field);
  const problems = (result?.findings ?? []).filter((one) => groupOf(one.code) !== "told");
  return (
    <>
      <StepLine now={job.state === "failed" ? "rehearse" : "done"} />
      <div className="page-body">
        <div className="import-result stack" data-testid="import-result">
          {job.state === "failed" ? (
            <Banner bad>
              {job.error?.message ?? t`导入中断了`}　{t`已经进来的还在，可以接着导入或撤销`}
            </Banner>
          ) : null}
          <header className="result-head">
            <span className={undone ? "result-mark undone" : "result-mark"}>
              {undone ? <Undo2 size={20} aria-hidden /> : <CircleCheck size={20} aria-hidden />}
            </span>
            <div>
              <h1>
                {undone
                  ? t`这次导入已经撤销`
                  : job.state === "failed"
                    ? t`导入停在半路`
                    : t`${formatNumber(came)} 条${name}已导入`}
              </h1>
              <span className="quiet small">
                {[
                  result?.seconds === undefined
                    ? null
                    : t`用时 ${Math.max(1, Math.round(result.seconds))} 秒`,
                  changeset ? t`变更集 #${changeset}` : null,
                ]
                  .filter(Boolean)
                  .join(" · ")}
              </span>
            </div>
            <span className="grow" />
            {changeset && job.state === "failed" ? (
              <Button loading={busy} data-testid="resume-import" onClick={() => void resume()}>
                {t`接着导入`}
              </Button>
            ) : null}
            {changeset && !undone ? (
              <Button
                size="large"
                icon={<Undo2 size={14} />}
                loading={busy}
                data-testid="undo-import"
                onClick={() => void undo()}
              >{t`撤销导入`}</Button>
            ) : null}
            {entity ? (
              <Button
                size="large"
                type="primary"
                data-testid="see-list"
                onClick={() => void navigate({ to: "/list/$entity", params: { entity: entity.key } })}
              >
                {t`看${pluralOf(entity?.label)}`}
              </Button>
            ) : null}
          </header>
          {result ? (
            <div className={undone ? "result-figures faded" : "result-figures"} data-testid="import-report">
              <Made report={result} entity={entity} />
              <Figure value={formatNumber(result.skipped)} label={t`没有变化`} testid="count-skipped" />
              <Merged report={result} />
              <Figure value={formatNumber(result.rejected)} label={t`没有导入`} testid="count-rejected" />
            </div>
          ) : null}
          {result ? <Counts report={result} /> : null}
          {undone ? null : (
            <section className="next-steps">
              <h2>{t`接下来`}</h2>
              {result?.rejected || result?.error_workbook ? (
                <Next
                  icon={<FileWarning size={16} aria-hidden />}
                  title={t`下载错误清单`}
                  text={
                    result.rejected > 0
                      ? plural(result.rejected, {
                          other: "# 行没有导入。错处标红、写明原因，改好再导一次",
                        })
                      : t`有的格子先留空了。错处标红、写明原因，改好再导一次`
                  }
                  action={
                    <Button
                      icon={<Download size={14} />}
                      data-testid="error-workbook"
                      onClick={() => saveFile(downloadUrl(`/imports/${job.id}/errors.xlsx`))}
                    >{t`下载 .xlsx`}</Button>
                  }
                />
              ) : null}
              {columns.length > 1 && came > 0 ? (
                <Next
                  icon={<Columns3 size={16} aria-hidden />}
                  title={t`按导入的表看`}
                  text={t`列表照文件的列和次序排，新建的字段也在，存成你的一个视图`}
                  action={
                    <Button loading={busy} data-testid="as-imported" onClick={() => void asImported()}>
                      {t`打开`}
                    </Button>
                  }
                />
              ) : null}
              {made.length > 0 ? (
                <Next
                  icon={<ListPlus size={16} aria-hidden />}
                  title={plural(made.length, { other: "新建了 # 个字段" })}
                  text={made.map(newName).join(t`、`)}
                  action={
                    <Link to="/designer/$entity" params={{ entity: job.entity ?? "customer" }}>
                      <Button>{t`去设置`}</Button>
                    </Link>
                  }
                />
              ) : null}
              {changeset ? (
                <Next
                  icon={<GitCompareArrows size={16} aria-hidden />}
                  title={t`看改了什么`}
                  text={t`每一条、每一项，改之前和改之后`}
                  action={
                    <Link to="/changesets/$id" params={{ id: String(changeset) }}>
                      <Button>{t`去看`}</Button>
                    </Link>
                  }
                />
              ) : null}
            </section>
          )}
          {problems.length > 0 && !undone ? <Problems findings={problems} /> : null}
          {undone ? (
            <div className="line">
              <Button onClick={() => void navigate({ to: "/import" })}>{t`再导一份`}</Button>
            </div>
          ) : (
            <p className="undo-note">
              <Undo2 size={14} aria-hidden />
              {t`撤销会删掉这次新建的，把更新的改回去；更新过、后来又有人改的留着，会列出来。撤销本身也能再撤销`}
            </p>
          )}
        </div>
      </div>
    </>
  );
}

function Next({
  icon,
  title,
  text,
  action,
}: {
  icon: ReactNode;
  title: string;
  text: string;
  action: ReactNode;
}) {
  return (
    <div className="next-step">
      {icon}
      <div>
        <div>{title}</div>
        <div className="quiet small">{text}</div>
      </div>
      <span className="grow" />
      {action}
    </div>
  );
}

function Problems({ findings }: { findings: Finding[] }) {
  return (
    <section className="stack tight">
      <h2>{t`看到的问题`}</h2>
      {findings.map((finding) => (
        <span key={finding.code} className="small" data-testid={`finding-${finding.code}`}>
          {finding.message}
        </span>
      ))}
    </section>
  );
}
