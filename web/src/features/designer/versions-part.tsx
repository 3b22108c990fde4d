import { plural, t } from "@lingui/core/macro";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { api } from "@/api/calls";
import { refreshCatalog, useCatalog } from "@/api/catalog";
import type { CatalogVersion, UndoAnswer } from "@/api/types";
import { textOf } from "@/i18n";
import { formatWhen } from "@/lib/dates";
import { recordChange } from "@/records/undo";
import { sentenceOf } from "@/ui/errors";
import { Skeleton } from "@/ui/page";
import { actorName } from "@/ui/who";
import { effectTexts } from "./changes";
import { changeText } from "./version-words";

const SHOWN = 6;

/** Who changed the catalog, when, and what of it; each change can be taken back once one has seen what that does. */
export function VersionsPart() {
  const catalog = useCatalog();
  const pages = useInfiniteQuery({
    queryKey: ["catalog-versions", catalog?.version],
    queryFn: ({ pageParam }) => api.versions(pageParam),
    initialPageParam: null as number | null,
    getNextPageParam: (last) => last.next,
    staleTime: 0,
  });
  const items = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="stack" data-testid="versions-part">
      <h2>{t`版本`}</h2>
      <p className="quiet">{t`每改一次就是一个版本。退回只退那一次，后来改过的留着；退回错了，也能再退回`}</p>
      {pages.error ? <p className="danger-text">{sentenceOf(pages.error)}</p> : null}
      {pages.isPending ? <Skeleton rows={4} /> : null}
      <ol className="versions">
        {items.map((item) => (
          <Version key={item.changeset} item={item} />
        ))}
      </ol>
      {pages.hasNextPage ? (
        <Button
          loading={pages.isFetchingNextPage}
          onClick={() => void pages.fetchNextPage()}
        >{t`看更早的`}</Button>
      ) : null}
    </div>
  );
}

function Version({ item }: { item: CatalogVersion }) {
  const [plan, setPlan] = useState<UndoAnswer | null>(null);
  const [all, setAll] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const run = async (work: () => Promise<void>) => {
    setBusy(true);
    setFailure("");
    try {
      await work();
    } catch (error) {
      setFailure(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  const look = () => run(async () => setPlan(await api.undo(item.changeset, { preview: true })));
  const goBack = () =>
    run(async () => {
      const answer = await api.undo(item.changeset);
      setPlan(null);
      await refreshCatalog();
      recordChange(t`已退回「${item.title}」`, [answer.changeset]);
    });
  const lines = item.changes.map(changeText);
  const rest = lines.length - SHOWN + item.more;
  return (
    <li data-testid="version">
      <div className="line small">
        <span>{actorName(item.actor)}</span>
        <span className="quiet">{formatWhen(item.at)}</span>
        {item.state === "undone" ? <span className="flag sla">{t`已退回`}</span> : null}
        {item.undoes ? <span className="quiet">{t`退回 #${item.undoes}`}</span> : null}
        <span className="grow" />
        {item.undoable && !plan ? (
          <Button
            size="small"
            loading={busy}
            data-testid="version-back"
            aria-label={t`退回这一次：${lines[0] ?? item.title}`}
            onClick={() => void look()}
          >{t`退回…`}</Button>
        ) : null}
      </div>
      <ul className="version-lines">
        {(all ? lines : lines.slice(0, SHOWN)).map((line, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two lines may read alike
          <li key={at}>{line}</li>
        ))}
        {lines.length === 0 ? <li>{item.title}</li> : null}
      </ul>
      {rest > 0 && !all ? (
        <button type="button" className="link-button small" onClick={() => setAll(true)}>
          {plural(rest, { other: "还有 # 处" })}
        </button>
      ) : item.more > 0 ? (
        <span className="quiet small">{plural(item.more, { other: "还有 # 处" })}</span>
      ) : null}
      {plan ? <Consequence plan={plan} busy={busy} onBack={goBack} onCancel={() => setPlan(null)} /> : null}
      {failure ? (
        <p className="danger-text" role="alert">
          {failure}
        </p>
      ) : null}
    </li>
  );
}

interface ConsequenceProps {
  plan: UndoAnswer;
  busy: boolean;
  onBack: () => Promise<void>;
  onCancel: () => void;
}

function Consequence({ plan, busy, onBack, onCancel }: ConsequenceProps) {
  const entities = useCatalog()?.entities ?? [];
  const effects = effectTexts(plan.preview?.effects ?? [], entities);
  const kept = (plan.conflicts ?? []).map((one) => {
    const entity = entities.find((item) => item.key === one.entity);
    return textOf(entity?.fields.find((field) => field.key === one.field)?.label ?? entity?.label);
  });
  return (
    <div className="consequence" role="status" data-testid="version-consequence">
      <b>{t`退回后会怎样`}</b>
      {effects.map((effect) => (
        <p key={effect}>{effect}</p>
      ))}
      {kept.length > 0 ? <p>{t`后来又改过，留着：${kept.join(t`、`)}`}</p> : null}
      {effects.length === 0 && kept.length === 0 ? <p>{t`只改显示，不动已有的数据`}</p> : null}
      <span className="line">
        <Button
          type="primary"
          loading={busy}
          data-testid="version-back-confirm"
          onClick={() => void onBack()}
        >{t`退回`}</Button>
        <Button onClick={onCancel}>{t`算了`}</Button>
      </span>
    </div>
  );
}
