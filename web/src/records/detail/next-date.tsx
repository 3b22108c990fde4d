import { t } from "@lingui/core/macro";
import { CalendarClock } from "lucide-react";
import { type ReactNode, useCallback, useRef } from "react";
import { api } from "@/api/calls";
import { useEntity } from "@/api/catalog";
import { announce } from "@/api/events";
import type { Entity, Id, Where } from "@/api/types";
import { plainText } from "@/fields/widget";
import { instantOf, timeOf } from "@/lib/dates";
import { sayDay } from "@/ui/days";
import { sentenceOf } from "@/ui/errors";
import { toast } from "@/ui/toast";
import { rowsOf } from "../grid/row-store";
import { recordChange } from "../undo";
import { useWish } from "../wish";
import { DateMenu } from "./date-menu";

/** Which tasks the date is read from, as the ledger has it. */
function counted(customer: Entity | undefined): Where | undefined {
  const field = customer?.fields.find((one) => one.key === "next_follow_up");
  const tasks = (customer?.relations ?? []).filter((one) => one.entity === "task").map((one) => one.key);
  const sources = (field?.derived?.sources ?? []) as { path: string; where?: Where }[];
  return sources.find(({ path }) => tasks.includes(path))?.where;
}

interface Props {
  customer: Id;
  title: string;
  /** Whether a page that was opened in order to change the date means this one. */
  isPage: boolean;
  children: ReactNode;
}

/** When one is next in touch with a customer, as a button: the open task for it is moved, or a first one is made. */
export function NextDate({ customer, title, isPage, children }: Props) {
  const entity = useEntity("customer");
  const button = useRef<HTMLButtonElement>(null);
  const open = useCallback(() => {
    button.current?.focus();
    button.current?.click();
  }, []);
  useWish("dating", isPage, open);
  const choose = async (day: string) => {
    try {
      const reads = counted(entity);
      const found = reads
        ? await api.query("task", {
            select: ["due_at"],
            where: { and: [{ field: "customer", op: "eq", value: customer }, reads] },
            sort: [{ field: "due_at", order: "asc" }],
            limit: 1,
          })
        : null;
      const [task] = found ? rowsOf(found.columns, found.rows) : [];
      const due_at = instantOf(day, (task && timeOf(plainText(task.values.due_at))) || "00:00");
      const answer = task
        ? await api.changeRecord("task", task.id, task.revision, { due_at })
        : await api.createRecord("task", { customer, title: t`跟进`, type: "follow_up", due_at });
      announce("task");
      announce("customer", [customer]);
      recordChange(t`「${title}」下次跟进：${sayDay(day)}`, [answer.changeset]);
    } catch (error) {
      toast(sentenceOf(error));
    }
  };
  return (
    <DateMenu label={t`下次跟进`} onChoose={(day) => void choose(day)}>
      <button
        ref={button}
        type="button"
        className="fact-button"
        title={`${t`改下次跟进`} (D)`}
        data-act="next-date"
        data-testid="next-date"
      >
        {children} <CalendarClock size={14} strokeWidth={1.75} aria-hidden />
      </button>
    </DateMenu>
  );
}
