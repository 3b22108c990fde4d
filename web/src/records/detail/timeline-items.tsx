import { plural, t } from "@lingui/core/macro";
import { Link } from "@tanstack/react-router";
import {
  CirclePlus,
  FileUp,
  Handshake,
  type LucideIcon,
  Mail,
  MessageSquare,
  Pencil,
  Phone,
  ReceiptText,
  Trash2,
  Undo2,
} from "lucide-react";
import { type ReactNode, useState } from "react";
import { api } from "@/api/calls";
import { announce } from "@/api/events";
import type { Entity, HistoryItem, Id, TakenBack, UndoAnswer } from "@/api/types";
import { labelOf } from "@/fields/options";
import { isEmpty, plainText } from "@/fields/widget";
import { textOf } from "@/i18n";
import { formatWhen, ledgerDay } from "@/lib/dates";
import { sayAmount } from "@/ui/amounts";
import { closeUp, sayDay } from "@/ui/days";
import { sentenceOf } from "@/ui/errors";
import { toast } from "@/ui/toast";
import { actorName } from "@/ui/who";
import { conflictSentence, recordChange } from "../undo";
import { UndoPlan } from "../undoing/undo-plan";
import { DiffLine } from "./diff";
import type { Event } from "./timeline";

const FEW = 4;
const CHANNELS: Record<string, LucideIcon> = {
  phone: Phone,
  wechat: MessageSquare,
  sms: MessageSquare,
  email: Mail,
  visit: Handshake,
  in_store: Handshake,
  meeting: Handshake,
};

interface ItemProps {
  icon: LucideIcon;
  human?: boolean;
  head: ReactNode;
  by?: string;
  at: string;
  testid: string;
  children?: ReactNode;
}

function Item({ icon: Icon, human, head, by, at, testid, children }: ItemProps) {
  return (
    <li data-testid={testid}>
      <span className={human ? "disc human" : "disc"}>
        <Icon size={14} strokeWidth={1.75} aria-hidden />
      </span>
      <div>
        <div className="item-head">
          <span>{head}</span>
          {by ? <span className="quiet">{by}</span> : null}
          <time className="quiet" dateTime={at}>
            {formatWhen(at)}
          </time>
        </div>
        {children}
      </div>
    </li>
  );
}

export function InteractionItem({ event }: { event: Event }) {
  const { values } = event;
  const channel = plainText(values.channel);
  const result = plainText(values.result);
  const next = plainText(values.next_follow_up);
  return (
    <Item
      icon={CHANNELS[channel] ?? MessageSquare}
      human
      testid="interaction-item"
      at={plainText(values.occurred_at)}
      by={plainText(values.user)}
      head={
        <Link to="/record/$entity/$id" params={{ entity: "interaction", id: String(event.id) }}>
          {labelOf("interaction", "channel", channel)}
          {result ? ` · ${labelOf("interaction", "result", result)}` : ""}
        </Link>
      }
    >
      <p className="item-text">{plainText(values.content)}</p>
      {isEmpty(values.customer_feedback) ? null : (
        <p className="item-text quiet">{plainText(values.customer_feedback)}</p>
      )}
      {next ? <span className="tag">{closeUp(t`下次 ${sayDay(ledgerDay(new Date(next)))}`)}</span> : null}
    </Item>
  );
}

export function OrderItem({ event }: { event: Event }) {
  const { values } = event;
  const amount = plainText(values.amount);
  return (
    <Item
      icon={ReceiptText}
      testid="order-item"
      at={plainText(values.ordered_on)}
      by={[amount ? sayAmount(amount) : "", labelOf("order", "status", plainText(values.status))]
        .filter(Boolean)
        .join(" · ")}
      head={
        <Link to="/record/$entity/$id" params={{ entity: "order", id: String(event.id) }}>
          {t`订单 ${plainText(values.code)}`}
        </Link>
      }
    >
      {isEmpty(values.summary) ? null : <p className="item-text">{plainText(values.summary)}</p>}
    </Item>
  );
}

function changeIcon(item: HistoryItem): LucideIcon {
  if (item.origin === "undo") return Undo2;
  if (item.origin === "import") return FileUp;
  if (item.op === "create") return CirclePlus;
  return item.op === "delete" ? Trash2 : Pencil;
}

const labelOfField = (entity: Entity, key: string): string =>
  textOf(entity.fields.find((field) => field.key === key)?.label) || key;

/** A change of the record itself; the whole of it and every field of it can be taken back. */
export function ChangeItem({ entity, id, item }: { entity: Entity; id: Id; item: HistoryItem }) {
  const [all, setAll] = useState(false);
  const [plan, setPlan] = useState<{ field?: string; answer: UndoAnswer } | null>(null);
  const [busy, setBusy] = useState(false);
  const isUndone = item.state === "undone";
  const undo = async (field?: string, takeBack?: boolean | TakenBack[]) => {
    const part = { record: `${entity.key}:${id}`, ...(field ? { field } : {}) };
    setBusy(true);
    try {
      // Only what somebody changed since needs a decision; everything else is undone at once.
      const would =
        takeBack === undefined ? await api.undo(item.changeset, { ...part, preview: true }) : null;
      if (would?.conflicts?.length) return setPlan({ field, answer: would });
      const answer = await api.undo(item.changeset, { ...part, take_back: takeBack ?? false });
      setPlan(null);
      announce(entity.key, [id]);
      if (answer.changeset === null || (answer.conflicts?.length && !answer.reverted))
        toast(conflictSentence(answer));
      else recordChange(field ? t`已撤销这一项` : t`已撤销这次改动`, [answer.changeset]);
    } catch (error) {
      toast(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  const few = item.op === "create" || item.op === "delete" ? 0 : FEW;
  const changes = all ? item.changes : item.changes.slice(0, few);
  const hidden = item.changes.length - changes.length;
  return (
    <Item
      icon={changeIcon(item)}
      testid="history-item"
      at={item.at}
      by={actorName(item.actor)}
      head={
        <Link to="/changesets/$id" params={{ id: String(item.changeset) }}>
          {item.op === "update" && item.origin !== "undo" && item.origin !== "import"
            ? plural(item.changes.length, { other: "改了 # 个字段" })
            : item.title}
        </Link>
      }
    >
      {changes.map((change) => (
        <DiffLine
          key={change.field}
          entity={entity}
          change={change}
          action={
            item.op === "create" || item.op === "delete" || isUndone || plan ? null : (
              <button
                type="button"
                className="link-button small"
                disabled={busy}
                aria-label={t`撤销这一项：${labelOfField(entity, change.field)}`}
                data-testid={`undo-field-${change.field}`}
                onClick={() => void undo(change.field)}
              >
                {t`撤销这一项`}
              </button>
            )
          }
        />
      ))}
      <div className="line">
        {hidden > 0 ? (
          <button type="button" className="link-button small" onClick={() => setAll(true)}>
            {plural(hidden, { other: "看 # 项" })}
          </button>
        ) : null}
        {isUndone ? (
          <span className="quiet small" data-testid="is-undone">{t`这次改动已经撤销`}</span>
        ) : plan ? null : (
          <button
            type="button"
            className="link-button small"
            disabled={busy}
            data-testid="undo-item"
            onClick={() => void undo()}
          >
            {item.op === "delete" ? t`恢复这条记录` : item.op === "create" ? t`撤销新建` : t`撤销这次改动`}
          </button>
        )}
      </div>
      {plan ? (
        <div className="stack item-undo" data-testid="undo-plan">
          <UndoPlan
            title={
              plan.field
                ? t`撤销「${labelOfField(entity, plan.field)}」：还没有改`
                : t`撤销这次改动：还没有改`
            }
            answer={plan.answer}
            busy={busy}
            onUndo={(takeBack) => void undo(plan.field, takeBack)}
            onCancel={() => setPlan(null)}
          />
        </div>
      ) : null}
    </Item>
  );
}
