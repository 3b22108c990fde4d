import { plural, t } from "@lingui/core/macro";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Button } from "antd";
import { useEffect, useState } from "react";
import { api } from "@/api/calls";
import { announce, onChanges } from "@/api/events";
import type { ChangedRecord, TakenBack, UndoAnswer, UndoPart } from "@/api/types";
import { formatDateTime } from "@/lib/dates";
import { recordChange, withNames } from "@/records/undo";
import { UndoOutcome } from "@/records/undoing/undo-outcome";
import { UndoPlan } from "@/records/undoing/undo-plan";
import { sentenceOf } from "@/ui/errors";
import { Banner, Empty, PageHeader, Skeleton } from "@/ui/page";
import { toast } from "@/ui/toast";
import { actorName } from "@/ui/who";
import { RecordChanges } from "./record-changes";
import { originText, stateText } from "./words";
import "@/records/detail/detail.css";
import "./history.css";

/** An undo that was rehearsed and waits for a decision. */
interface Plan {
  part: UndoPart;
  title: string;
  answer: UndoAnswer;
  said?: string;
}

/** One change-set: who, what, before and after; its undo is rehearsed before it is done, whole or of a part. */
export function ChangesetPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const pages = useInfiniteQuery({
    queryKey: ["changeset", id],
    queryFn: ({ pageParam }) => api.changeset(id, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    staleTime: 0,
    refetchInterval: ({ state }) => {
      const now = state.data?.pages[0]?.state;
      return now === "applying" || now === "undoing" ? 1_000 : false;
    },
  });
  const { refetch } = pages;
  useEffect(() => onChanges(() => void refetch()), [refetch]);
  const [plan, setPlan] = useState<Plan | null>(null);
  const [outcome, setOutcome] = useState<UndoAnswer | null>(null);
  const [busy, setBusy] = useState(false);

  if (pages.error) return <Empty title={sentenceOf(pages.error)} />;
  const head = pages.data?.pages[0];
  if (!head) return <Skeleton rows={8} />;
  const records = pages.data?.pages.flatMap((page) => page.changes ?? []) ?? [];

  const run = async (work: () => Promise<void>) => {
    setBusy(true);
    try {
      await work();
    } catch (error) {
      toast(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  const rehearse = () =>
    run(async () => {
      setOutcome(null);
      setPlan({ part: {}, title: t`试运行：什么都没有改`, answer: await api.undo(id, { preview: true }) });
    });
  const undo = ({ part, said, answer: told }: Plan, takeBack: boolean | TakenBack[]) =>
    run(async () => {
      const answer = withNames(await api.undo(id, { ...part, take_back: takeBack }), told);
      setPlan(null);
      if (!part.record || answer.conflicts?.length) setOutcome(answer);
      announce(null);
      if (!answer.conflicts?.length) recordChange(said ?? t`已撤销「${head.title}」`, [answer.changeset]);
      await refetch();
    });
  const undoPart = (record: ChangedRecord, field?: string) =>
    run(async () => {
      const part = { record: `${record.entity}:${record.id}`, field };
      const name = record.label || `#${record.id}`;
      const said = t`已撤销「${name}」的改动`;
      const answer = await api.undo(id, { ...part, preview: true });
      setOutcome(null);
      // Only what somebody changed since needs a decision; everything else is undone at once.
      if (answer.conflicts?.length)
        return setPlan({ part, title: t`撤销「${name}」的改动：还没有改`, answer, said });
      const done = await api.undo(id, part);
      setPlan(null);
      announce(record.entity, [record.id]);
      if (done.conflicts?.length) setOutcome(done);
      else recordChange(said, [done.changeset]);
    });
  const running = head.state === "applying" || head.state === "undoing";
  const undone = head.state === "undone";
  return (
    <div className="page history" data-testid="changeset-page">
      <PageHeader
        title={
          <>
            <Link to="/changesets" className="crumb">{t`变更集`}</Link>
            <span aria-hidden>/</span>
            {head.title}
          </>
        }
        facts={
          <>
            #{head.changeset} · {actorName(head.actor)} · {originText(head.origin)} ·{" "}
            {formatDateTime(head.at)}
            {stateText(head.state) ? <span className="flag sla">{stateText(head.state)}</span> : null}
          </>
        }
      />
      <div className="changeset">
        <div className="changed-records">
          {head.reason ? <p>{t`原因：${head.reason}`}</p> : null}
          {head.undoes || head.undone_by ? (
            <p className="line">
              {head.undoes ? (
                <Link
                  to="/changesets/$id"
                  params={{ id: String(head.undoes) }}
                >{t`这是对 #${head.undoes} 的撤销`}</Link>
              ) : null}
              {head.undone_by ? (
                <Link
                  to="/changesets/$id"
                  params={{ id: String(head.undone_by) }}
                >{t`撤销记在 #${head.undone_by}`}</Link>
              ) : null}
            </p>
          ) : null}
          {head.state === "failed" ? (
            <Banner bad>{t`这次没有做完，已经写进去的还在，可以撤销`}</Banner>
          ) : null}
          {records.map((record, at) => (
            <RecordChanges
              key={`${record.entity}:${record.id}:${at.toString()}`}
              record={record}
              busy={busy}
              onUndo={running || undone ? undefined : (field) => void undoPart(record, field)}
            />
          ))}
          {pages.hasNextPage ? (
            <Button
              style={{ marginTop: 12 }}
              loading={pages.isFetchingNextPage}
              onClick={() => void pages.fetchNextPage()}
            >
              {t`看更多`}
            </Button>
          ) : null}
          {records.length === 0 && !running ? (
            <span className="quiet">{plural(0, { other: "动了 # 条记录" })}</span>
          ) : null}
        </div>
        <aside className="undo-side stack">
          <h2>{t`撤销`}</h2>
          {undone ? <p className="quiet">{t`已经撤销了。撤销本身也能再撤销`}</p> : null}
          {outcome ? (
            <UndoOutcome
              title={outcome.state === "undoing" ? t`正在后台撤销` : t`撤销的结果`}
              answer={outcome}
            />
          ) : null}
          {plan ? (
            <UndoPlan
              key={`${plan.part.record}:${plan.part.field}`}
              title={plan.title}
              answer={plan.answer}
              busy={busy}
              onUndo={(takeBack) => void undo(plan, takeBack)}
              onCancel={() => setPlan(null)}
            />
          ) : undone ? null : (
            <>
              <p className="quiet small">
                {t`先算一遍会怎样，什么都不改。后来又有人改过的会列出来，留着还是改回，由你选`}
              </p>
              <Button
                block
                loading={busy}
                disabled={running}
                data-testid="undo-preview"
                onClick={() => void rehearse()}
              >{t`看撤销会怎样`}</Button>
            </>
          )}
        </aside>
      </div>
    </div>
  );
}
