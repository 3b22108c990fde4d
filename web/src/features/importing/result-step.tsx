import { plural, t } from "@lingui/core/macro";
import { Link, useNavigate } from "@tanstack/react-router";
import { Button } from "antd";
import { useState } from "react";
import { api } from "@/api/calls";
import { useEntity } from "@/api/catalog";
import { downloadUrl } from "@/api/client";
import { announce } from "@/api/events";
import { saveFile } from "@/api/jobs";
import type { ImportJob } from "@/api/types";
import { textOf } from "@/i18n";
import { conflictSentence } from "@/records/undo";
import { sentenceOf } from "@/ui/errors";
import { Banner } from "@/ui/page";
import { toast } from "@/ui/toast";
import { ReportView } from "./report-view";

/** What came in, what did not, and the way back. */
export function ResultStep({ job, onChanged }: { job: ImportJob; onChanged: () => void }) {
  const navigate = useNavigate();
  const entity = useEntity(job.entity ?? "");
  const [busy, setBusy] = useState(false);
  const { result, changeset } = job;

  const undo = async () => {
    if (!changeset) return;
    setBusy(true);
    try {
      const answer = await api.undo(changeset);
      announce(null);
      toast(answer.conflicts?.length ? conflictSentence(answer) : t`已撤销导入`);
      onChanged();
    } catch (error) {
      toast(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  const resume = async () => {
    setBusy(true);
    try {
      await api.applyImport(job.id);
      onChanged();
    } catch (error) {
      toast(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <div className="page-body stack" data-testid="import-result">
        {job.state === "failed" ? (
          <Banner bad>
            {job.error?.message ?? t`导入中断了`}　{t`已经进来的还在，可以接着导入或撤销`}
          </Banner>
        ) : null}
        {job.state === "undone" ? <Banner>{t`这次导入已经撤销`}</Banner> : null}
        {result ? <ReportView report={result} /> : null}
        {result && result.rejected > 0 ? (
          <div className="line">
            <span>{plural(result.rejected, { other: "# 行没有导入，原因写在表里，改好再导一次" })}</span>
            <Button
              data-testid="error-workbook"
              onClick={() => saveFile(downloadUrl(`/imports/${job.id}/errors.xlsx`))}
            >
              {t`下载这些行`}
            </Button>
          </div>
        ) : result?.error_workbook ? (
          <Button
            data-testid="error-workbook"
            style={{ alignSelf: "start" }}
            onClick={() => saveFile(downloadUrl(`/imports/${job.id}/errors.xlsx`))}
          >
            {t`下载要改的行`}
          </Button>
        ) : null}
        {changeset ? (
          <Link to="/changesets/$id" params={{ id: String(changeset) }}>{t`看变更集 #${changeset}`}</Link>
        ) : null}
      </div>
      <footer className="page-footer">
        <span className="quiet">{t`撤销会删掉这次新建的，把更新的改回去；更新过、后来又有人改的字段留着`}</span>
        <span className="grow" />
        {changeset && job.state === "failed" ? (
          <Button
            loading={busy}
            data-testid="resume-import"
            onClick={() => void resume()}
          >{t`接着导入`}</Button>
        ) : null}
        {changeset && job.state !== "undone" ? (
          <Button loading={busy} data-testid="undo-import" onClick={() => void undo()}>{t`撤销导入`}</Button>
        ) : null}
        <Button onClick={() => void navigate({ to: "/import" })}>{t`再导一份`}</Button>
        {entity ? (
          <Button
            type="primary"
            data-testid="see-list"
            onClick={() => void navigate({ to: "/list/$entity", params: { entity: entity.key } })}
          >
            {t`看${textOf(entity.label)}`}
          </Button>
        ) : null}
      </footer>
    </>
  );
}
