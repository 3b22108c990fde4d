// What one should hear of without looking for it: work in the background that has ended, and what colleagues have put
// into one's hands or changed on one's customers. Read from what the ledger knows anyway; nothing is stored on the server.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { api } from "@/api/calls";
import { useCatalog } from "@/api/catalog";
import { concerns, onChanges, onProgress } from "@/api/events";
import { useSession } from "@/api/session";
import type { ChangesetItem, Id, ProgressEvent, Where } from "@/api/types";
import { titleField } from "@/fields/references";
import { isReference, plainText } from "@/fields/widget";
import { addDays, instantOf, ledgerDay } from "@/lib/dates";
import { recall, remember } from "@/lib/storage";
import { type Row, rowsOf } from "@/records/grid/row-store";
import { actorName } from "@/ui/who";

const DAYS = 7;
const MOST = 20;
const KEPT_JOBS = 10;
/** Work that people start; the rest is the ledger's own housekeeping. */
const KINDS = ["import_read", "import_apply", "export", "bulk", "undo", "backup"];

export interface Notice {
  key: string;
  kind: "customer" | "task" | "import";
  at: string;
  title: string;
  who: string;
  id: Id;
}

// --- work in the background, as long as this window is open

let jobs: ProgressEvent[] = [];
const watchers = new Set<() => void>();

/** The list of jobs after one has moved: newest first, each once. */
export const withJob = (before: ProgressEvent[], event: ProgressEvent): ProgressEvent[] =>
  [event, ...before.filter((one) => one.job !== event.job)].slice(0, KEPT_JOBS);

onProgress((event) => {
  if (!KINDS.includes(event.kind)) return;
  jobs = withJob(jobs, event);
  for (const watcher of watchers) watcher();
});

export function useJobs(): ProgressEvent[] {
  const all = useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => jobs,
  );
  const own = useSession().data?.user.id;
  return all.filter((job) => job.actor === own);
}

// --- what colleagues did

const byOthers = (today: string): Where[] => [
  { field: "updated_at", op: "gte", value: instantOf(addDays(today, -DAYS)) },
  { not: { field: "updated_by", op: "is_me" } },
];

export function noticesOf(
  customers: Row[],
  tasks: Row[],
  changesets: ChangesetItem[],
  me: string,
  since: string,
): Notice[] {
  const line = (kind: "customer" | "task", title: string) => (row: Row) => ({
    key: `${kind}:${row.id}:${row.revision}`,
    kind,
    at: plainText(row.values.updated_at),
    title: plainText(row.values[title]),
    who: isReference(row.values.updated_by) ? row.values.updated_by.label : "",
    id: row.id,
  });
  const imports = changesets
    .filter((one) => one.origin === "import" && one.state === "applied" && actorName(one.actor) === me)
    .filter((one) => ledgerDay(new Date(one.at)) >= since)
    .map((one) => ({
      key: `import:${one.changeset}`,
      kind: "import" as const,
      at: one.at,
      title: one.title,
      who: "",
      id: one.changeset,
    }));
  return [
    ...customers.map(line("customer", titleField("customer"))),
    ...tasks.map(line("task", titleField("task"))),
    ...imports,
  ].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

export function useNotices(): { notices: Notice[]; error: unknown; isPending: boolean } {
  const catalog = useCatalog();
  const me = useSession().data?.user.name ?? "";
  const has = (entity: string, field: string) =>
    catalog?.entities.some(
      (one) => one.key === entity && one.fields.some((candidate) => candidate.key === field),
    ) ?? false;
  const today = ledgerDay();
  const read = async (entity: string, own: Where[]): Promise<Row[]> => {
    const answer = await api.query(entity, {
      select: [titleField(entity), "updated_at", "updated_by"],
      where: { and: [...own, ...byOthers(today)] },
      sort: [{ field: "updated_at", order: "desc" }],
      limit: MOST,
    });
    return rowsOf(answer.columns, answer.rows);
  };
  const found = useQuery({
    queryKey: ["notices", today],
    enabled: catalog !== undefined,
    staleTime: 60_000,
    queryFn: async () => {
      const [customers, tasks, changesets] = await Promise.all([
        has("customer", "owner") ? read("customer", [{ field: "owner", op: "is_me" }]) : [],
        has("task", "assignee")
          ? read("task", [
              { field: "assignee", op: "is_me" },
              { field: "status", op: "eq", value: "open" },
            ])
          : [],
        api.changesets(),
      ]);
      return noticesOf(customers, tasks, changesets.items, me, addDays(today, -DAYS));
    },
  });
  const { refetch } = found;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = onChanges((event) => {
      if (!concerns(event, "customer") && !concerns(event, "task")) return;
      clearTimeout(timer);
      timer = setTimeout(() => void refetch(), 2_000);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [refetch]);
  return { notices: found.data ?? [], error: found.error, isPending: found.isPending };
}

// --- what has been seen, on this computer

const SEEN = "notices-seen";

export const seenUntil = (): string => recall<string>(SEEN) ?? "";
export function markSeen(notices: Notice[]): void {
  const newest = notices[0]?.at;
  if (newest && newest > seenUntil()) remember(SEEN, newest);
}
export const unseen = (notices: Notice[], until: string): number =>
  notices.filter((notice) => notice.at > until).length;
