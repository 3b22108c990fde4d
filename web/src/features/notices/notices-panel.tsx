import { plural, t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Drawer } from "antd";
import { Bell, Check, FileUp, ListChecks, Users } from "lucide-react";
import { useEffect, useState } from "react";
import { api } from "@/api/calls";
import { useEntity } from "@/api/catalog";
import type { Entity, HistoryItem, ProgressEvent } from "@/api/types";
import { isReference } from "@/fields/widget";
import { textOf } from "@/i18n";
import { formatWhen } from "@/lib/dates";
import { formatNumber } from "@/lib/money";
import { sentenceOf } from "@/ui/errors";
import { useFocusBack } from "@/ui/focus";
import { Empty, Skeleton } from "@/ui/page";
import { useIsPhone } from "@/ui/use-media";
import { actorName } from "@/ui/who";
import { markSeen, type Notice, seenUntil, useJobs, useNotices } from "./notices";
import "./notices.css";

const ICONS = { customer: Users, task: ListChecks, import: FileUp };

/** What is new, newest first; what is running, with how far it is. Opening it makes it seen. */
export function NoticesPanel({ onClose }: { onClose: () => void }) {
  useFocusBack();
  const { notices, error, isPending } = useNotices();
  const jobs = useJobs();
  const isPhone = useIsPhone();
  const [until] = useState(seenUntil);
  useEffect(() => markSeen(notices), [notices]);
  return (
    <Drawer
      open
      placement={isPhone ? "bottom" : "left"}
      size={isPhone ? "90%" : 420}
      title={t`通知`}
      onClose={onClose}
      data-testid="notices"
    >
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: a link inside was followed, by mouse or by Enter */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: see above */}
      <div className="notices" onClick={(event) => (event.target as Element).closest("a") && onClose()}>
        {jobs.length > 0 ? (
          <ul aria-label={t`后台的活`}>
            {jobs.map((job) => (
              <Job key={job.job} job={job} />
            ))}
          </ul>
        ) : null}
        {error ? <p className="danger-text">{sentenceOf(error)}</p> : null}
        {isPending ? <Skeleton rows={4} /> : null}
        {!isPending && notices.length + jobs.length === 0 ? (
          <Empty icon={<Bell size={28} strokeWidth={1.5} />} title={t`这 7 天没有新的通知`}>
            <span className="quiet">{t`同事把客户或待办交给你、改了你的客户，导入做完，都在这里说`}</span>
          </Empty>
        ) : null}
        <ul aria-label={t`通知`}>
          {notices.map((notice) => (
            <Line key={notice.key} notice={notice} isNew={notice.at > until} />
          ))}
        </ul>
      </div>
    </Drawer>
  );
}

function Line({ notice, isNew }: { notice: Notice; isNew: boolean }) {
  const Icon = ICONS[notice.kind];
  const to = notice.kind === "import" ? `/changesets/${notice.id}` : `/record/${notice.kind}/${notice.id}`;
  return (
    <li data-new={isNew || undefined} data-testid={`notice-${notice.kind}`}>
      <Icon size={16} strokeWidth={1.75} aria-hidden />
      <div>
        <Link to={to}>{notice.title || t`没有名字`}</Link>
        <span className="quiet small">
          {notice.kind === "import" ? t`导入做完了` : <What notice={notice} />}
        </span>
      </div>
      <time className="quiet small" dateTime={notice.at}>
        {isNew ? <span className="visually-hidden">{t`新的`}</span> : null}
        {formatWhen(notice.at)}
      </time>
    </li>
  );
}

/** The last change tells whether a colleague handed it on or changed it. */
function What({ notice }: { notice: Notice }) {
  const entity = useEntity(notice.kind);
  const last = useQuery({
    queryKey: ["notice", notice.key],
    queryFn: async () => (await api.history(notice.kind, notice.id)).items[0] ?? null,
    staleTime: Number.POSITIVE_INFINITY,
  }).data;
  return <>{last && entity ? sayChange(entity, last, notice.who) : notice.who}</>;
}

const FEW = 3;
const HOLDERS = ["owner", "assignee"];

/** 「周敏交给你了」,「周敏改了手机、备注」. */
export function sayChange(entity: Entity, last: HistoryItem, fallback: string): string {
  const who = actorName(last.actor) || fallback;
  const given = last.changes.some((change) => HOLDERS.includes(change.field) && isReference(change.after));
  if (given) return t`${who}交给你了`;
  const names = last.changes.flatMap(
    (change) => entity.fields.find((field) => field.key === change.field && !field.derived) ?? [],
  );
  if (names.length === 0) return t`${who}改过`;
  const fields = names
    .slice(0, FEW)
    .map((field) => textOf(field.label))
    .join(t`、`);
  return names.length > FEW ? t`${who}改了${fields}等 ${names.length} 项` : t`${who}改了${fields}`;
}

function Job({ job }: { job: ProgressEvent }) {
  const names: Record<string, string> = {
    import_read: t`读工作簿`,
    import_apply: t`导入`,
    export: t`导出`,
    bulk: t`批量修改`,
    undo: t`撤销`,
    backup: t`备份`,
  };
  const isOver = job.state === "ended";
  const name = names[job.kind] ?? job.kind;
  const run = job.kind.startsWith("import") && job.run ? `/import/${job.run}` : null;
  const to = run ?? (job.changeset ? `/changesets/${job.changeset}` : null);
  return (
    <li data-testid="notice-job">
      {isOver ? <Check size={16} aria-hidden /> : <span className="running" aria-hidden />}
      <div>
        {to ? <Link to={to}>{name}</Link> : <span>{name}</span>}
        {isOver ? (
          <span className="quiet small">{t`做完了`}</span>
        ) : (
          <>
            <span className="quiet small">
              {job.total
                ? `${formatNumber(job.done)} / ${formatNumber(job.total)}`
                : plural(job.done, { other: "做了 # 步" })}
            </span>
            {job.total ? <progress max={job.total} value={job.done} aria-label={name} /> : null}
          </>
        )}
      </div>
    </li>
  );
}
