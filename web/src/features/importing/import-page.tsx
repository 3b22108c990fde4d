import { plural, t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Button, Progress } from "antd";
import { useEffect } from "react";
import { api } from "@/api/calls";
import { useEntity } from "@/api/catalog";
import { announce } from "@/api/events";
import type { ImportJob, ImportState } from "@/api/types";
import { textOf } from "@/i18n";
import { formatNumber } from "@/lib/money";
import { sentenceOf } from "@/ui/errors";
import { Banner, Empty, PageHeader, Skeleton } from "@/ui/page";
import { ResultStep } from "./result-step";
import { StepLine } from "./steps";
import { Workbench } from "./workbench";
import "./importing.css";

const MOVING: ImportState[] = ["reading", "mapped", "applying", "undoing"];

/** One import from its reading to its undoing; the page follows the state that the server tells. */
export function ImportPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const job = useQuery({
    queryKey: ["import", id],
    queryFn: () => api.import(id),
    refetchInterval: ({ state }) => (state.data && MOVING.includes(state.data.state) ? 500 : false),
    staleTime: 0,
  });
  const state = job.data?.state;
  const entity = useEntity(job.data?.entity ?? "");
  useEffect(() => {
    if (state === "applied" || state === "undone") announce(null);
  }, [state]);

  if (job.error) return <Empty title={sentenceOf(job.error)} />;
  if (!job.data) return <Skeleton />;
  return (
    <div className="page import" data-testid="import-page" data-state={job.data.state}>
      <PageHeader
        title={entity ? t`导入${textOf(entity.label)}` : t`导入`}
        facts={<span className="file-name">{job.data.filename}</span>}
        actions={
          <Link to="/import" className="quiet">
            {job.data.state === "checked" || job.data.state === "mapped" ? t`先放着` : t`所有导入`}
          </Link>
        }
      />
      <Body job={job.data} again={() => void job.refetch()} />
    </div>
  );
}

function Body({ job, again }: { job: ImportJob; again: () => void }) {
  switch (job.state) {
    case "reading":
      return <Waiting text={t`正在读文件`} job={job} />;
    case "mapped":
    case "checked":
      return <Workbench job={job} onChanged={again} />;
    case "applying":
      return <Waiting text={t`正在导入。可以关掉页面，回来还能看到`} job={job} />;
    case "undoing":
      return <Waiting text={t`正在撤销`} job={job} />;
    case "applied":
    case "undone":
      return <ResultStep job={job} onChanged={again} />;
    case "failed":
      if (job.changeset || job.result) return <ResultStep job={job} onChanged={again} />;
      // What was decided last may be what could not be done: it can be decided otherwise.
      return job.sheets?.length ? (
        <Workbench job={job} onChanged={again} />
      ) : (
        <Unreadable text={job.error?.message ?? t`这个文件没有读成`} />
      );
  }
}

function Unreadable({ text }: { text: string }) {
  return (
    <>
      <StepLine now="file" />
      <div className="page-body stack">
        <Banner bad>{text}</Banner>
        <Link to="/import">
          <Button>{t`换一个文件`}</Button>
        </Link>
      </div>
    </>
  );
}

function Waiting({ text, job }: { text: string; job: ImportJob }) {
  const done = job.progress?.done ?? 0;
  const total = job.progress?.total ?? 0;
  return (
    <>
      <StepLine now={job.state === "reading" ? "file" : "rehearse"} />
      <div className="page-body">
        <div className="import-waiting stack" data-testid="import-progress" role="status">
          <b>{text}</b>
          <Progress
            percent={total > 0 ? Math.min(100, Math.floor((done * 100) / total)) : 0}
            status="active"
            strokeLinecap="butt"
            size={["100%", 6]}
            aria-label={text}
          />
          {total > 0 ? (
            <span className="quiet">{plural(total, { other: `${formatNumber(done)} / # 行` })}</span>
          ) : null}
        </div>
      </div>
    </>
  );
}
