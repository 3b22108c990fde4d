import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Progress } from "antd";
import { useEffect } from "react";
import { api } from "@/api/calls";
import { announce } from "@/api/events";
import type { ImportJob, ImportState } from "@/api/types";
import { formatNumber } from "@/lib/money";
import { sentenceOf } from "@/ui/errors";
import { Banner, Empty, PageHeader } from "@/ui/page";
import { MappingStep } from "./mapping-step";
import { ResultStep } from "./result-step";
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
  useEffect(() => {
    if (state === "applied" || state === "undone") announce(null);
  }, [state]);

  if (job.error) return <Empty title={sentenceOf(job.error)} />;
  if (!job.data) return null;
  return (
    <div className="page" data-testid="import-page" data-state={job.data.state}>
      <PageHeader title={t`导入`} facts={job.data.filename} />
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
      return <MappingStep job={job} onChanged={again} />;
    case "applying":
      return <Waiting text={t`正在导入。可以关掉页面，回来还能看到`} job={job} />;
    case "undoing":
      return <Waiting text={t`正在撤销`} job={job} />;
    case "applied":
    case "undone":
      return <ResultStep job={job} onChanged={again} />;
    case "failed":
      return job.changeset || job.result ? (
        <ResultStep job={job} onChanged={again} />
      ) : (
        <div className="page-body">
          <Banner bad>{job.error?.message ?? t`这个文件没有读成`}</Banner>
        </div>
      );
  }
}

function Waiting({ text, job }: { text: string; job: ImportJob }) {
  const done = job.progress?.done ?? 0;
  const total = job.progress?.total ?? 0;
  return (
    <div className="page-body stack" data-testid="import-progress">
      <span>{text}</span>
      <Progress
        percent={total > 0 ? Math.min(100, Math.floor((done * 100) / total)) : 0}
        status="active"
        strokeLinecap="butt"
        aria-label={text}
      />
      {total > 0 ? (
        <span className="quiet">{t`${formatNumber(done)} / ${formatNumber(total)} 行`}</span>
      ) : null}
    </div>
  );
}
