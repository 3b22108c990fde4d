import { plural, t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button } from "antd";
import { Bell, CircleAlert, ClipboardPaste, Sun } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { api } from "@/api/calls";
import { useCatalog } from "@/api/catalog";
import { concerns, onChanges } from "@/api/events";
import { useSession } from "@/api/session";
import type { Id } from "@/api/types";
import { ledgerDay } from "@/lib/dates";
import { lettersOn } from "@/lib/letters";
import { formatNumber } from "@/lib/money";
import { setTrail } from "@/records/detail/trail";
import { rowsOf } from "@/records/grid/row-store";
import { Choices } from "@/ui/choices";
import { lunarDay, weekdayName } from "@/ui/days";
import { sentenceOf } from "@/ui/errors";
import { hasLayer } from "@/ui/focus";
import { isTyping } from "@/ui/keys";
import { useOpenLayer } from "@/ui/layer";
import { Empty, PageHeader, Skeleton } from "@/ui/page";
import { useIsPhone } from "@/ui/use-media";
import { dueSoon, overdue, type readTodaySearch } from "./conditions";
import { ContractsEnding } from "./contracts-ending";
import { groupTasks, type Task, taskOf } from "./groups";
import { NewToMe } from "./new-to-me";
import { TaskRow } from "./task-row";
import "./today.css";

const SELECT = [
  "title",
  "due_at",
  "type",
  "priority",
  "assignee",
  "customer",
  "customer.grade",
  "customer.mobile",
  "customer.last_contact",
  "customer.flags",
];
const MOST = 200;

/** What I have to do: overdue, today, this week, next week; each done, put off or handed on in one tap. */
export function TodayPage() {
  const catalog = useCatalog();
  const hasTasks = catalog?.entities.some((entity) => entity.key === "task") ?? false;
  const customer = catalog?.entities.find((entity) => entity.key === "customer");
  const navigate = useNavigate();
  const openLayer = useOpenLayer();
  const isPhone = useIsPhone();
  const [open, setOpen] = useState<Id | null>(null);
  const [done, setDone] = useState<Task[]>([]);
  const list = useRef<HTMLDivElement>(null);
  const columns = SELECT.filter(
    (key) =>
      !key.startsWith("customer.") || customer?.fields.some((field) => `customer.${field.key}` === key),
  );
  const search = useSearch({ strict: false }) as ReturnType<typeof readTodaySearch>;
  const maySeeAll = useSession().data?.permissions.includes("ledger:see_all") ?? false;
  const whose = search.of === "all" && maySeeAll ? "all" : "mine";
  const tasks = useQuery({
    queryKey: ["today", whose, columns.join()],
    queryFn: () =>
      api.query("task", {
        select: columns,
        where: dueSoon(whose),
        sort: [{ field: "due_at", order: "asc" }],
        limit: MOST,
        count: "capped",
      }),
    enabled: hasTasks,
  });
  const { refetch } = tasks;
  useEffect(
    () =>
      onChanges((event) => {
        if (concerns(event, "task") || concerns(event, "customer")) void refetch();
      }),
    [refetch],
  );
  // Letters work on the whole page, arrows within the list only.
  const before = useRef<{ at: number; task: string | undefined }>({ at: -1, task: undefined });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (hasLayer()) return;
      const rows = [...(list.current?.querySelectorAll<HTMLElement>("[data-task]") ?? [])];
      const at = rows.findIndex((row) => row.contains(document.activeElement));
      const key = event.key.toLowerCase();
      const keep = (place: number) => {
        before.current = { at: place, task: rows[place]?.dataset.task };
      };
      if (at >= 0) keep(at);
      const isArrow = at >= 0 && (key === "arrowdown" || key === "arrowup");
      if (!isArrow && !lettersOn()) return;
      if (isArrow || key === "j" || key === "k") {
        const down = key === "j" || key === "arrowdown";
        // A task that was put off leaves its place to the next one; until it has left it is stepped over.
        const last = before.current;
        const next = last.at >= 0 && rows[last.at]?.dataset.task === last.task ? last.at + 1 : last.at;
        const wanted = at >= 0 ? at + (down ? 1 : -1) : down ? next : last.at - 1;
        const to = Math.max(0, Math.min(rows.length - 1, wanted));
        keep(to);
        rows[to]?.querySelector<HTMLElement>("a")?.focus();
      } else if (at < 0) return;
      else if (key === "e") rows[at]?.querySelector<HTMLElement>("[data-act=done]")?.click();
      else if (key === "d") rows[at]?.querySelector<HTMLElement>("[data-act=postpone]")?.click();
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  useEffect(() => {
    document.title = `${t`今日`} · Kehu`;
  }, []);

  const read = tasks.data ? rowsOf(tasks.data.columns, tasks.data.rows).map(taskOf) : [];
  // What was done stays, struck through, until the page is left: a wrong tap is seen and taken back.
  const kept = done.filter((task) => !read.some((other) => other.id === task.id));
  const isDone = (task: Task) => kept.some((other) => other.id === task.id);
  const groups = groupTasks([...read, ...kept], ledgerDay());
  const left = Math.max(read.length, tasks.data?.count?.value ?? 0);
  const isExact = tasks.data?.count?.exact ?? true;
  const lateRead =
    groups.find((group) => group.key === "late")?.tasks.filter((task) => !isDone(task)).length ?? 0;
  // When all that is listed is late, there is more of it.
  const allLate = useQuery({
    queryKey: ["today-late", whose, tasks.dataUpdatedAt],
    queryFn: () => api.query("task", { select: ["id"], where: overdue(whose), limit: 1, count: "capped" }),
    enabled: read.length < left && lateRead === read.length,
    placeholderData: (before) => before,
  }).data?.count;
  const late = read.length < left ? Math.max(lateRead, allLate?.value ?? 0) : lateRead;

  // From a customer opened here [ and ] lead to the others of this page.
  const leaveTrail = () => {
    const ids = [
      ...new Set(groups.flatMap((group) => group.tasks.flatMap((task) => task.customer?.id ?? []))),
    ];
    setTrail({ entity: "customer", ids, start: 0, total: ids.length });
  };
  const today = ledgerDay();
  const month = Number(today.slice(5, 7));
  const day = Number(today.slice(8));
  const lunar = isPhone ? "" : lunarDay(today, true);
  return (
    <div className="page" data-testid="today-page">
      <PageHeader
        title={t`今日`}
        facts={[t`${month}月${day}日 ${weekdayName(today)}`, lunar && t`农历${lunar}`]
          .filter(Boolean)
          .join(" · ")}
        actions={
          <>
            {hasTasks && maySeeAll ? (
              <Choices
                label={t`看谁的`}
                name="today-of"
                value={whose}
                choices={[
                  { value: "mine", label: t`我的` },
                  { value: "all", label: t`大家的` },
                ]}
                onChange={(of) => {
                  setDone([]);
                  void navigate({ to: "/today", search: of === "all" ? { of } : {}, replace: true });
                }}
              />
            ) : null}
            {/* On a phone there is no side bar for the bell, and quick entry is the plus at the bottom. */}
            {isPhone ? (
              <Button
                type="text"
                icon={<Bell size={20} strokeWidth={1.75} />}
                aria-label={t`通知`}
                data-testid="phone-notices"
                onClick={() => openLayer("notices")}
              />
            ) : (
              <Button
                icon={<ClipboardPaste size={14} />}
                data-testid="quick-entry"
                onClick={() => openLayer("quick-entry")}
              >{t`快速录入`}</Button>
            )}
          </>
        }
      />
      <div className="today">
        <div className="today-list" ref={list}>
          {tasks.error ? <p className="danger-text">{sentenceOf(tasks.error)}</p> : null}
          {tasks.isPending && hasTasks ? <Skeleton /> : null}
          {tasks.data || !hasTasks ? (
            left + kept.length === 0 ? (
              <Empty icon={<Sun size={28} strokeWidth={1.5} />} title={t`没有到期的事`}>
                <span className="quiet">{t`写跟进时选好下次日期，到那天就出现在这里`}</span>
                <div className="line">
                  <Button
                    type="primary"
                    onClick={() => void navigate({ to: "/list/$entity", params: { entity: "customer" } })}
                  >{t`看客户`}</Button>
                  {isPhone ? null : <Button onClick={() => openLayer("quick-entry")}>{t`快速录入`}</Button>}
                </div>
              </Empty>
            ) : (
              <p className="today-sum" data-testid="today-sum">
                {/* One run of text: as boxes of a line the parts would wrap apart, a comma first. */}
                <span>
                  {isExact ? (
                    <Figured text={plural(left, { other: "还有 # 件" })} figure={left} />
                  ) : (
                    t`还有 ${formatNumber(left)}+ 件`
                  )}
                  {late > 0 ? (
                    <Figured text={t`，其中 ${formatNumber(late)} 件逾期`} figure={late} bad />
                  ) : null}
                  {kept.length > 0 ? (
                    <Figured text={t`；今天完成了 ${kept.length} 件`} figure={kept.length} />
                  ) : null}
                </span>
                <progress max={left + kept.length} value={kept.length} aria-label={t`今日进度`} />
              </p>
            )
          ) : null}
          {groups.map((group) => (
            <section key={group.key} data-testid={`today-${group.key}`}>
              <h2 className={group.key === "late" ? "late" : undefined}>
                {group.key === "late" ? <CircleAlert size={16} strokeWidth={1.75} aria-hidden /> : null}
                {group.title}
                <span className="quiet">
                  {formatNumber(
                    group.key === "late" ? late : group.tasks.filter((task) => !isDone(task)).length,
                  )}
                </span>
              </h2>
              <ul>
                {group.tasks.map((task) => (
                  <TaskRow
                    key={task.id}
                    task={task}
                    isDone={isDone(task)}
                    isOpen={open === task.id}
                    showsPerson={whose === "all"}
                    onGo={leaveTrail}
                    onOpen={() => setOpen((now) => (now === task.id ? null : task.id))}
                    onDone={() => setDone((before) => [...before, task])}
                    onBack={() => setDone((before) => before.filter((other) => other.id !== task.id))}
                  />
                ))}
              </ul>
            </section>
          ))}
          {read.length < left ? (
            <p className="today-rest">
              {plural(read.length, { other: "这里只列最早的 # 件" })}
              {" · "}
              <Link
                to="/list/$entity"
                params={{ entity: "task" }}
                search={{ where: dueSoon(whose), sort: "due_at" }}
              >
                {t`看全部`}
              </Link>
            </p>
          ) : null}
        </div>
        <aside className="today-side" aria-label={whose === "mine" ? t`和我的客户有关` : t`和客户有关`}>
          <ContractsEnding whose={whose} />
          {whose === "mine" ? <NewToMe /> : null}
        </aside>
      </div>
    </div>
  );
}

/** A part of the sentence above with its number marked: only that is worth a colour. */
function Figured({ text, figure, bad = false }: { text: string; figure: number; bad?: boolean }) {
  const said = formatNumber(figure);
  const [before, ...after] = text.split(said);
  return (
    <span>
      {before}
      <b className={bad ? "danger-text" : undefined}>{said}</b>
      {after.join(said)}
    </span>
  );
}
