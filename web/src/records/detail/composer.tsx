import { t } from "@lingui/core/macro";
import { Button, Select } from "antd";
import { Handshake, Mail, MessageSquare, Phone } from "lucide-react";
import { type KeyboardEvent, Suspense, useRef, useState } from "react";
import { api } from "@/api/calls";
import { useEntity } from "@/api/catalog";
import { announce } from "@/api/events";
import type { Id } from "@/api/types";
import { labelOf, optionChoices } from "@/fields/options";
import { instantOf } from "@/lib/dates";
import { useDraft } from "@/lib/drafts";
import { closeUp, sayDay } from "@/ui/days";
import { DropPanel } from "@/ui/drop-panel";
import { sentenceOf } from "@/ui/errors";
import { Panel } from "@/ui/focus";
import { late } from "@/ui/late";
import { toast } from "@/ui/toast";
import { useProposals } from "@/ui/use-proposals";
import { recordChange } from "../undo";
import "./composer.css";

const DayPicker = late(() => import("@/ui/day-picker").then((part) => part.DayPicker));

interface Draft {
  content: string;
  channel: string;
  result: string;
  day: string | null;
}

const START: Draft = { content: "", channel: "phone", result: "effective_contact", day: null };
const KINDS = [
  { key: "phone", icon: Phone },
  { key: "wechat", icon: MessageSquare },
  { key: "visit", icon: Handshake },
  { key: "email", icon: Mail },
];

/** A follow-up in one line: how, what, with what result, and when next. Enter saves, the draft survives. */
export function Composer({ customer }: { customer: Id }) {
  const interaction = useEntity("interaction");
  const [draft, setDraft, clear] = useDraft<Draft>(`follow-up.${customer}`, START);
  const [busy, setBusy] = useState(false);
  const [picking, setPicking] = useState(false);
  const [failure, setFailure] = useState("");
  const text = useRef<HTMLTextAreaElement>(null);
  // On a phone it has one line until one writes.
  const [open, setOpen] = useState(draft.content !== "");
  const { proposals } = useProposals();
  const field = (key: string) => interaction?.fields.find((one) => one.key === key);
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  /** Choose beside the text, and go back to it: Enter saves there, on a chip it would take the choice back. */
  const choose = (part: Partial<Draft>) => {
    change(part);
    text.current?.focus();
  };
  const channels = field("channel");
  const results = field("result");
  if (!interaction || !channels || !results) return null;

  const save = async () => {
    const content = draft.content.trim();
    if (!content) {
      setFailure(t`先写一句，说了什么`);
      return;
    }
    setBusy(true);
    setFailure("");
    try {
      const answer = await api.followUp({
        customer,
        content,
        channel: draft.channel,
        result: draft.result,
        next_at: draft.day ? instantOf(draft.day) : null,
      });
      clear();
      setOpen(false);
      announce("interaction", [answer.interaction]);
      announce("task");
      announce("customer", [customer]);
      const told = draft.day ? closeUp(t`已记下跟进，下次 ${sayDay(draft.day)}`) : t`已记下跟进`;
      recordChange(told, [answer.changeset]);
    } catch (error) {
      setFailure(sentenceOf(error));
      toast(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const kind = event.altKey ? KINDS[Number(event.key) - 1] : undefined;
    if (kind) change({ channel: kind.key });
    else if (event.key === "Enter" && !event.shiftKey) void save();
    else return;
    event.preventDefault();
  };
  const isOther = draft.day !== null && !proposals.some((proposal) => proposal.day === draft.day);
  return (
    <form
      className={open ? "composer open" : "composer"}
      onFocus={() => setOpen(true)}
      aria-label={t`写跟进`}
      data-testid="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <div className="composer-kinds" role="radiogroup" aria-label={t`沟通方式`}>
        {KINDS.filter(({ key }) => channels.options?.some((option) => option.key === key)).map(
          ({ key, icon: Icon }, at) => (
            // biome-ignore lint/a11y/useSemanticElements: a radio that looks like a tab, in a group of its own
            <button
              key={key}
              type="button"
              role="radio"
              aria-checked={draft.channel === key}
              aria-label={labelOf("interaction", "channel", key)}
              title={`${labelOf("interaction", "channel", key)} (Alt ${at + 1})`}
              onClick={() => choose({ channel: key })}
            >
              <Icon size={14} strokeWidth={1.75} aria-hidden />
              <span>{labelOf("interaction", "channel", key)}</span>
            </button>
          ),
        )}
        <span className="grow" />
        <Select
          variant="borderless"
          size="small"
          aria-label={t`结果`}
          popupMatchSelectWidth={false}
          options={optionChoices(results)}
          value={draft.result}
          onChange={(result: string) => change({ result })}
        />
      </div>
      <textarea
        ref={text}
        data-composer
        data-testid="composer-text"
        rows={2}
        aria-label={t`跟进内容`}
        placeholder={t`写一句跟进，回车保存`}
        value={draft.content}
        onChange={(event) => change({ content: event.target.value })}
        onKeyDown={onKey}
      />
      {failure ? (
        <p className="danger-text small" role="alert">
          {failure}
        </p>
      ) : null}
      <div className="composer-next">
        <div className="composer-days">
          <span className="quiet">{t`下次`}</span>
          {proposals.map((proposal) => (
            <button
              key={proposal.day}
              type="button"
              className="date-chip"
              aria-pressed={draft.day === proposal.day}
              data-testid={`next-${proposal.key}`}
              title={sayDay(proposal.day)}
              onClick={() => choose({ day: draft.day === proposal.day ? null : proposal.day })}
            >
              {draft.day === proposal.day ? sayDay(proposal.day) : proposal.label.replace(/ \d\d-\d\d$/, "")}
            </button>
          ))}
          <DropPanel
            open={picking}
            onOpenChange={setPicking}
            content={
              <Suspense>
                <Panel>
                  <DayPicker
                    value={draft.day}
                    onChoose={(day) => {
                      setPicking(false);
                      choose({ day });
                    }}
                  />
                </Panel>
              </Suspense>
            }
          >
            <button type="button" className="date-chip" aria-pressed={isOther}>
              {isOther && draft.day ? sayDay(draft.day) : t`选日期`}
            </button>
          </DropPanel>
        </div>
        <Button type="primary" htmlType="submit" loading={busy} data-testid="composer-save">
          {t`保存`} <kbd aria-hidden>↵</kbd>
        </Button>
      </div>
    </form>
  );
}
