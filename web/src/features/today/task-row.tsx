import { t } from "@lingui/core/macro";
import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { CalendarClock, Check, Ellipsis, Phone, UserRoundPlus } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/calls";
import { announce } from "@/api/events";
import type { Id, RecordValues } from "@/api/types";
import { labelOf } from "@/fields/options";
import { instantOf, ledgerDay, timeOf } from "@/lib/dates";
import { DateMenu } from "@/records/detail/date-menu";
import { PersonMenu } from "@/records/detail/person-menu";
import { Flags } from "@/records/flags";
import { recordChange, undoChangeset } from "@/records/undo";
import { closeUp, sayDay, sayDue } from "@/ui/days";
import { sentenceOf } from "@/ui/errors";
import { Grade } from "@/ui/marks";
import { toast } from "@/ui/toast";
import type { Task } from "./groups";

interface Props {
  task: Task;
  isDone: boolean;
  isOpen: boolean;
  /** Tell whose it is. */
  showsPerson: boolean;
  /** Called before the record of the task's customer opens. */
  onGo: () => void;
  onOpen: () => void;
  onDone: () => void;
  onBack: () => void;
}

/** One task: a circle to finish it, who and what, when; on hover, focus or a tap what else can be done. */
export function TaskRow({ task, isDone, isOpen, showsPerson, onGo, onOpen, onDone, onBack }: Props) {
  const [busy, setBusy] = useState(false);
  const due = sayDue(task.due);
  const name = task.customer?.label ?? task.title;
  const change = async (values: RecordValues, text: string) => {
    setBusy(true);
    try {
      const answer = await api.changeRecord("task", task.id, task.revision, values);
      announce("task", [task.id]);
      recordChange(text, [answer.changeset]);
      return answer.changeset;
    } catch (error) {
      toast(sentenceOf(error));
      return null;
    } finally {
      setBusy(false);
    }
  };
  const [changeset, setChangeset] = useState<Id | null>(null);
  const finish = async () => {
    if (isDone) {
      if (changeset && (await undoChangeset(changeset))) onBack();
      return;
    }
    const made = await change({ status: "completed" }, t`已完成「${name} · ${task.title}」`);
    if (!made) return;
    setChangeset(made);
    onDone();
  };
  const time = timeOf(task.due);
  const person = task.assignee || t`还没分配`;
  const isToday = ledgerDay(new Date(task.due)) === ledgerDay();
  return (
    <li
      className={`task${isDone ? " done" : ""}${isOpen ? " open" : ""}`}
      data-task={task.id}
      data-testid="task"
    >
      <button
        type="button"
        className="circle"
        data-act="done"
        data-testid="task-done"
        disabled={busy}
        aria-pressed={isDone}
        aria-label={isDone ? t`改回没完成：${name}` : t`完成：${name}`}
        onClick={() => void finish()}
      >
        <Check size={14} strokeWidth={2.5} aria-hidden />
      </button>
      <div className="what">
        <span className="who">
          {task.grade ? <Grade grade={task.grade} label={labelOf("customer", "grade", task.grade)} /> : null}
          {task.customer ? (
            <Link
              to="/record/$entity/$id"
              params={{ entity: "customer", id: String(task.customer.id) }}
              onClick={onGo}
            >
              {task.customer.label}
            </Link>
          ) : (
            <Link to="/record/$entity/$id" params={{ entity: "task", id: String(task.id) }}>
              {task.title}
            </Link>
          )}
          <Flags value={task.flags} />
        </span>
        <span className="about">
          {task.customer ? task.title : ""}
          {task.lastContact ? (
            <span className="quiet"> · {closeUp(t`上次 ${sayDay(task.lastContact.slice(0, 10))}`)}</span>
          ) : null}
          {showsPerson ? (
            <span className="whose">
              {task.customer ? " · " : ""}
              {person}
            </span>
          ) : null}
        </span>
      </div>
      {isDone ? null : (
        <div className="acts">
          {task.mobile && !task.mobile.includes("•") ? (
            <a
              className="icon-button"
              href={`tel:${task.mobile}`}
              aria-label={t`打电话给 ${name}`}
              title={task.mobile}
            >
              <Phone size={16} strokeWidth={1.75} />
              <span>{t`打电话`}</span>
            </a>
          ) : null}
          <PersonMenu
            label={t`交给谁`}
            onChoose={(person) =>
              void change({ assignee: person.id }, t`已交给${person.label}：「${task.title}」`)
            }
          >
            <button
              type="button"
              className="icon-button"
              aria-label={t`交给别人：${name}`}
              title={t`交给别人`}
            >
              <UserRoundPlus size={16} strokeWidth={1.75} />
              <span>{t`交给`}</span>
            </button>
          </PersonMenu>
          <DateMenu
            label={t`推迟到`}
            onChoose={(day) =>
              void change(
                { due_at: instantOf(day, time || "00:00") },
                closeUp(t`已推迟到 ${sayDay(day)}：「${task.title}」`),
              )
            }
          >
            <Button
              size="small"
              icon={<CalendarClock size={14} />}
              data-act="postpone"
              data-testid="task-postpone"
            >
              {t`推迟`}
            </Button>
          </DateMenu>
          <Button size="small" icon={<Check size={14} />} onClick={() => void finish()}>
            {t`完成`}
          </Button>
        </div>
      )}
      {showsPerson ? <span className="person">{person}</span> : null}
      <span className={due.late && !isDone ? "due late" : "due"}>
        {isDone ? t`已完成` : isToday && time ? time : due.text}
        {time && !isDone && !isToday && !due.late ? <span className="hour"> {time}</span> : null}
      </span>
      <button
        type="button"
        className="icon-button more"
        aria-expanded={isOpen}
        aria-label={t`更多：${name}`}
        onClick={onOpen}
      >
        <Ellipsis size={16} />
      </button>
    </li>
  );
}
