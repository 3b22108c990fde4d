import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useCallback, useDeferredValue, useEffect, useRef, useState } from "react";
import { api } from "@/api/calls";
import { may, useEntity } from "@/api/catalog";
import { announce, concerns, onChanges } from "@/api/events";
import type { Entity, Id } from "@/api/types";
import { titleField } from "@/fields/references";
import { plainText } from "@/fields/widget";
import { hasDraft } from "@/lib/drafts";
import { lettersOn } from "@/lib/letters";
import { sentenceOf } from "@/ui/errors";
import { hasLayer } from "@/ui/focus";
import { isTyping } from "@/ui/keys";
import { Skeleton } from "@/ui/page";
import { toast } from "@/ui/toast";
import { useMedia } from "@/ui/use-media";
import { recordChange } from "../undo";
import { useWish } from "../wish";
import { draftKey, EditForm } from "./edit-form";
import { FactStrip } from "./fact-strip";
import { Facts } from "./facts";
import { Missing } from "./missing";
import { expectRecord, glimpseOf, recordQuery } from "./reading";
import { noteRecent } from "./recent";
import { RecordHeader } from "./record-header";
import { Related, RelatedTabs } from "./related";
import { SafetyBand } from "./safety-band";
import { Timeline } from "./timeline";
import type { Neighbours, Trail } from "./trail";
import "./detail.css";

interface Props {
  entity: Entity;
  id: Id;
  neighbours: Neighbours | null;
  onMove: (id: Id) => void;
  /** At the side of a list: one column, with a way to close it. */
  inSheet?: boolean;
  /** The list one came from. */
  from?: Trail["from"];
  onClose?: () => void;
  extra?: ReactNode;
}

/** What lies behind another tab is there for paper and for who turns to it, but not before what is seen. */
function Later({ now, children }: { now: boolean; children: ReactNode }) {
  const isReady = useDeferredValue(true, now);
  return now || isReady ? children : null;
}

/** Everything about one record: header, what must not be overlooked, values, related lists, timeline. */
export function RecordView({ entity, id, neighbours, onMove, from, inSheet, onClose, extra }: Props) {
  const navigate = useNavigate();
  const interaction = useEntity("interaction");
  const [editing, setEditing] = useState(() => hasDraft(draftKey(entity.key, id)));
  const [part, setPart] = useState(editing ? "about" : "timeline");
  const edit = useCallback(() => {
    setEditing(true);
    setPart("about");
  }, []);
  const box = useRef<HTMLDivElement>(null);
  const stop = () => {
    setEditing(false);
    requestAnimationFrame(() =>
      box.current?.querySelector<HTMLElement>("[data-testid=edit-record]")?.focus(),
    );
  };
  const isSmall = useMedia("(max-width: 1023px)");
  const isNarrow = inSheet || isSmall;
  // Where there is room the timeline stands beside the rest.
  const shown = part === "timeline" && !isNarrow ? "about" : part;
  const write = useCallback(() => {
    setPart((now) => (isNarrow ? "timeline" : now));
    // The part has to be there before it can take the cursor.
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>("[data-composer]")?.focus());
  }, [isNarrow]);
  // Side by side with the record, not after it.
  useState(() => expectRecord(entity.key, id));
  const record = useQuery(recordQuery(entity.key, id));
  const { refetch } = record;
  useEffect(
    () =>
      onChanges((event) => {
        if (concerns(event, entity.key, id)) void refetch();
      }),
    [entity.key, id, refetch],
  );
  // Until it is there the header tells what the list knew.
  const known = record.data?.record ?? glimpseOf(entity.key, id);
  const title = known ? plainText(known[titleField(entity.key)]) : "";
  useEffect(() => {
    if (!title) return;
    noteRecent({ entity: entity.key, id, title });
    if (!inSheet) document.title = `${title} · Kehu`;
  }, [title, entity.key, id, inSheet]);

  useWish("writing", record.data !== undefined && !inSheet, write);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (!lettersOn() || hasLayer()) return;
      const key = event.key.toLowerCase();
      if (key === "[" && neighbours?.before) onMove(neighbours.before);
      else if (key === "]" && neighbours?.after) onMove(neighbours.after);
      else if (key === "f") write();
      else if (key === "d") {
        const button = box.current?.querySelector<HTMLElement>("[data-act=next-date]");
        if (!button) return;
        button.focus();
        button.click();
      } else if (key === "h")
        box.current?.querySelector<HTMLElement>("[data-testid=timeline-change]")?.click();
      else if (/^[1-8]$/.test(key))
        box.current?.querySelectorAll<HTMLElement>("[role=tab]")[Number(key) - 1]?.click();
      else if (key === "e" && may(entity, "update")) edit();
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [entity, neighbours, onMove, edit, write]);

  if (record.error)
    return <Missing entity={entity} id={id} error={record.error} onBack={() => void refetch()} />;
  if (!known) return <Skeleton rows={9} />;

  const remove = async () => {
    try {
      const answer = await api.deleteRecord(entity.key, id);
      announce(entity.key, [id]);
      recordChange(t`已删除「${title}」`, [answer.changeset]);
      if (inSheet) onClose?.();
      else void navigate({ to: "/list/$entity", params: { entity: entity.key } });
    } catch (error) {
      toast(sentenceOf(error));
    }
  };
  const answer = record.data;
  return (
    <div
      ref={box}
      className={`page record-view${isNarrow ? " narrow" : ""}${inSheet ? " in-sheet" : ""}`}
      data-testid="record-page"
      data-part={shown}
    >
      <RecordHeader
        entity={entity}
        id={id}
        values={known}
        title={title}
        neighbours={neighbours}
        from={from}
        onMove={onMove}
        onEdit={editing ? undefined : edit}
        onWrite={entity.key === "customer" && may(interaction, "create") ? write : undefined}
        onDelete={() => void remove()}
        onClose={onClose}
        extra={extra}
      />
      {answer ? (
        <>
          <FactStrip entity={entity} id={id} values={answer.record} title={title} inSheet={inSheet} />
          <SafetyBand entity={entity} values={answer.record} id={id} />
          <div className="record">
            <RelatedTabs entity={entity} answer={answer} narrow={isNarrow} part={shown} onPart={setPart} />
            <div className="record-about">
              <Later now={!(isNarrow && shown === "timeline")}>
                {editing ? (
                  <EditForm entity={entity} answer={answer} onClose={stop} />
                ) : (
                  <>
                    {shown === "about" || shown === "timeline" ? (
                      <Facts
                        entity={entity}
                        answer={answer}
                        onEdit={may(entity, "update") ? edit : undefined}
                      />
                    ) : null}
                    <Related entity={entity} answer={answer} only={shown} />
                  </>
                )}
              </Later>
            </div>
            <aside className="record-timeline">
              <Timeline entity={entity} id={id} values={answer.record} />
            </aside>
          </div>
        </>
      ) : (
        <Skeleton rows={9} />
      )}
    </div>
  );
}
