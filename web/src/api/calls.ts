// Every call that the pages make, by name.
import { call, create, get, post } from "./client";
import type {
  Aggregate,
  AggregateAnswer,
  BackupFile,
  BatchAnswer,
  BatchBody,
  BulkAnswer,
  Candidate,
  Catalog,
  CatalogAnswer,
  CatalogVersion,
  CellNote,
  ChangesetDetail,
  ChangesetItem,
  FollowUp,
  FollowUpAnswer,
  HistoryItem,
  Id,
  ImportConflicts,
  ImportJob,
  ImportListed,
  ImportOptions,
  ImportPreview,
  ImportReport,
  Job,
  Kit,
  KitDiff,
  MergeAnswer,
  MergeBody,
  MergePreview,
  Page,
  Person,
  PhoneAccess,
  Query,
  QueryAnswer,
  Ready,
  Recognised,
  RecordAnswer,
  RecordValues,
  Role,
  SearchAnswer,
  Session,
  SetupAnswer,
  TakenBack,
  Token,
  TrashItem,
  UndoAnswer,
  UndoPart,
  View,
  Where,
} from "./types";

export const api = {
  ready: () => call<Ready>("GET", "/ready", { anonymous: true }),
  me: () => call<Session>("GET", "/me", { anonymous: true }),
  login: (name: string, password: string) =>
    call<Session>("POST", "/session", { body: { name, password }, anonymous: true }),
  logout: () => call<void>("DELETE", "/session", { anonymous: true }),
  setup: (body: SetupBody) => call<SetupAnswer>("POST", "/setup", { body, anonymous: true }),
  setLocale: (locale: string | null) => call<Session>("PATCH", "/me", { body: { locale } }),
  changePassword: (current: string, next: string) => post<void>("/me/password", { current, new: next }),

  catalog: () => get<Catalog>("/catalog"),
  query: (entity: string, query: Query, signal?: AbortSignal) =>
    post<QueryAnswer>(`/records/${entity}/query`, query, signal),
  aggregate: (entity: string, body: Aggregate, signal?: AbortSignal) =>
    post<AggregateAnswer>(`/records/${entity}/aggregate`, body, signal),
  record: (entity: string, id: Id) => get<RecordAnswer>(`/records/${entity}/${id}`),
  createRecord: (entity: string, values: RecordValues) => create<RecordAnswer>(`/records/${entity}`, values),
  changeRecord: (entity: string, id: Id, revision: number, values: RecordValues) =>
    call<RecordAnswer>("PATCH", `/records/${entity}/${id}`, {
      body: values,
      headers: { "If-Match": `"${revision}"` },
    }),
  deleteRecord: (entity: string, id: Id) => call<RecordAnswer>("DELETE", `/records/${entity}/${id}`),
  restoreRecord: (entity: string, id: Id) => post<RecordAnswer>(`/records/${entity}/${id}/restore`),
  deleteRecords: (entity: string, ids: Id[]) =>
    create<BulkAnswer>(`/records/${entity}/bulk`, { ids, delete: true }),
  bulk: (entity: string, body: BulkBody) => create<BulkAnswer>(`/records/${entity}/bulk`, body),
  batch: (entity: string, body: BatchBody, key?: string) =>
    create<BatchAnswer>(`/records/${entity}/batch`, body, key),
  merge: (entity: string, body: MergeBody) =>
    create<MergePreview | MergeAnswer>(`/records/${entity}/merge`, body),
  related: (entity: string, id: Id, relations: Record<string, string[]>, limit: number) =>
    post<{ relations: Record<string, QueryAnswer> }>(`/records/${entity}/${id}/related`, {
      relations,
      limit,
    }),
  cellNotes: (entity: string, ids: Id[], signal?: AbortSignal) =>
    post<{ items: CellNote[] }>(`/records/${entity}/cell-notes`, { ids }, signal),
  history: (entity: string, id: Id) => get<Page<HistoryItem>>(`/records/${entity}/${id}/history`),

  changesets: (after?: string | number | null, narrow: Record<string, string> = {}) =>
    get<Page<ChangesetItem>>(
      `/changesets?${new URLSearchParams({ ...narrow, ...(after ? { after: String(after) } : {}) })}`,
    ),
  changeset: (id: Id | string, after?: string | null) =>
    get<ChangesetDetail>(`/changesets/${id}${after ? `?after=${encodeURIComponent(after)}` : ""}`),
  undo: (id: Id | string, body: UndoPart & { preview?: boolean; take_back?: boolean | TakenBack[] } = {}) =>
    create<UndoAnswer>(`/changesets/${id}/undo`, body),
  trash: (entity?: string, after?: string | number | null) => {
    const params = new URLSearchParams();
    if (entity) params.set("entity", entity);
    if (after) params.set("after", String(after));
    return get<Page<TrashItem>>(`/trash?${params}`);
  },
  search: (text: string, signal?: AbortSignal) =>
    get<SearchAnswer>(`/search?q=${encodeURIComponent(text)}&limit=20`, signal),

  startImport: (file: File, entity?: string, map?: Record<string, string>) => {
    const form = new FormData();
    form.append("file", file);
    if (entity) form.append("entity", entity);
    if (map) form.append("map", JSON.stringify(map));
    return call<ImportJob>("POST", "/imports", { form });
  },
  imports: () => get<{ items: ImportListed[] }>("/imports"),
  import: (id: Id | string) => get<ImportJob>(`/imports/${id}`),
  importPreview: (id: Id | string) => get<ImportPreview>(`/imports/${id}/preview`),
  changeImport: (id: Id | string, body: ImportOptions & { entity?: string; sheet?: string | null }) =>
    call<ImportJob>("PATCH", `/imports/${id}`, { body }),
  importReport: (id: Id | string) => get<ImportReport>(`/imports/${id}/report`),
  importConflicts: (
    id: Id | string,
    asked: { outcome: string; sheet?: string; column?: string; after?: number },
  ) => {
    const query = new URLSearchParams(
      Object.entries(asked).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])),
    );
    return get<ImportConflicts>(`/imports/${id}/conflicts?${query}`);
  },
  applyImport: (id: Id | string) => create<ImportJob>(`/imports/${id}/apply`, {}),

  views: () => get<{ items: View[] }>("/views"),
  workdays: (first: string, last: string) => get<{ rest: string[] }>(`/workdays?first=${first}&last=${last}`),
  followUp: (body: FollowUp) => create<FollowUpAnswer>("/follow-ups", body),
  recognise: (text: string, signal?: AbortSignal) =>
    post<{ found: Recognised[]; rest: string[] }>("/quick-entry", { text }, signal),
  duplicates: (entity: string, values: RecordValues, signal?: AbortSignal) =>
    post<{ candidates: Candidate[] }>(`/duplicates/${entity}`, values, signal),
  reportCrash: (body: { path: string; name: string; stack: string }) =>
    post<{ report: string }>("/crash-reports", body),

  changeCatalog: (changes: object[], preview: boolean) =>
    post<CatalogAnswer>("/catalog/changes", { changes, preview }),
  versions: (after: number | null) =>
    get<{ items: CatalogVersion[]; next: number | null }>(
      `/catalog/versions${after === null ? "" : `?after=${after}`}`,
    ),
  kitDiff: (kit: string) => get<KitDiff>(`/kits/${encodeURIComponent(kit)}/diff`),
  applyKit: (kit: string) => post<CatalogAnswer>(`/kits/${encodeURIComponent(kit)}/apply`, {}),
  kits: () => call<{ items: Kit[] }>("GET", "/kits", { anonymous: true }),
  phone: () => get<PhoneAccess>("/phone"),
  people: () => get<{ items: Person[]; roles: Role[] }>("/people"),
  addPerson: (body: { name: string; role: string; password: string }) => create<Person>("/people", body),
  changePerson: (id: Id, body: { roles?: string[]; password?: string; state?: "active" | "disabled" }) =>
    call<Person>("PATCH", `/people/${id}`, { body }),
  tokens: () => get<{ items: Token[] }>("/tokens"),
  addToken: (body: { label: string; days: number }) =>
    post<{ token: string; expires: string }>("/tokens", body),
  endToken: (id: Id) => call<void>("DELETE", `/tokens/${id}`),
  backups: () => get<{ items: BackupFile[]; folder: string }>("/backups"),
  createView: (body: Pick<View, "entity" | "name" | "data" | "shared">) => create<View>("/views", body),
  changeView: (
    id: Id,
    body: Partial<Pick<View, "name" | "data" | "shared" | "standard">> & { revision?: number },
  ) => call<View>("PATCH", `/views/${id}`, { body }),
  deleteView: (id: Id) => call<void>("DELETE", `/views/${id}`),

  startExport: (body: ExportBody) => create<Job>("/exports", body),
  export: (id: Id | string) => get<Job>(`/exports/${id}`),
  startBackup: () => create<Job>("/backups", {}),
  backup: (id: Id | string) => get<Job>(`/backups/${id}`),
};

export interface SetupBody {
  code: string;
  firm: string;
  kit: string;
  admin: string;
  password: string;
  samples: boolean;
}

/** Which records, and what to do with them. */
export type BulkBody = ({ ids: Id[] } | { where?: Where; search?: string }) & {
  set?: RecordValues;
  add?: RecordValues;
  remove?: RecordValues;
  delete?: boolean;
  preview?: boolean;
};

export type ExportBody = { entity: string; format: "xlsx" | "csv" | "vcf" | "form"; layout?: Id } & Partial<
  Pick<Query, "select">
> &
  Pick<Query, "where" | "search" | "sort">;
