// Shapes of the HTTP interface, as the ledger's outward contract fixes them.

export type Id = number;
export type Label = string | Record<string, string>;
export type Scalar = string | number | boolean | null;

/** A record that another one points to. */
export interface Reference {
  id: Id;
  label: string;
}
export type Value = Scalar | Reference | (Scalar | Reference)[] | ChildRecord[] | undefined;
export type ChildRecord = { [field: string]: Scalar };
export type RecordValues = Record<string, Value>;

export interface Option {
  key: string;
  label: Label;
}

export interface Field {
  key: string;
  label: Label;
  type: string;
  section: string | null;
  required: boolean | string;
  unique: boolean;
  sensitive: string | boolean | null;
  options?: Option[] | null;
  derived: Record<string, unknown> | null;
  typed?: boolean;
  value_type?: string;
  applies_to?: string | null;
  target?: string | null;
  /** Not to be written, by its nature or by the caller's rights. */
  read_only?: boolean;
  sortable?: boolean;
  operators?: Operator[];
  help?: Label | null;
  /** What its type lets a field ask of its values; the rules themselves are members of `settings`. */
  rules?: string[];
  settings?: Record<string, unknown>;
  /** A plain value, or a rule such as {"today": true} that the server applies. */
  default?: Scalar | Record<string, unknown>;
}

export interface Relation {
  key: string;
  entity: string;
  field: string;
  label: Label;
}

export interface Entity {
  key: string;
  label: Label;
  fields: Field[];
  relations?: Relation[];
  /** The fields that name a record; the first that is filled is shown. */
  /** Pinyin and initials of its Chinese name. */
  sound?: string;
  /** Made here, not given by a kit. */
  own?: boolean;
  title?: string[];
  /** What the caller may do with its records. */
  may?: Action[];
}
export type Action = "create" | "update" | "delete" | "import" | "export";

export interface Catalog {
  version: number | string;
  settings?: { firm?: string | null; timezone?: string; sections?: [chinese: string, english: string][] };
  entities: Entity[];
}

export interface Session {
  csrf: string;
  user: { id: Id; name: string };
  roles: string[];
  role_labels?: Label[];
  locale: string | null;
  permissions: string[];
}

export interface Ready {
  status: "ok" | "setup";
  version: string;
}

export type Operator =
  | "eq"
  | "ne"
  | "in"
  | "not_in"
  | "contains"
  | "not_contains"
  | "starts_with"
  | "ends_with"
  | "lt"
  | "lte"
  | "gt"
  | "gte"
  | "between"
  | "empty"
  | "not_empty"
  | "within"
  | "any_of"
  | "all_of"
  | "none_of"
  | "under"
  | "is_me";

export interface Period {
  period: "this" | "last" | "next";
  unit: "day" | "workday" | "week" | "month" | "quarter" | "half" | "year";
  n?: number;
}
export type ConditionValue = Scalar | Scalar[] | Period;
export interface Condition {
  field: string;
  op: Operator;
  value?: ConditionValue;
}
export type Where =
  | Condition
  | { and: Where[] }
  | { or: Where[] }
  | { not: Where }
  | { some: { relation: string; where?: Where } }
  | { none: { relation: string; where?: Where } };

export interface Sort {
  field: string;
  order: "asc" | "desc";
}

export interface Query {
  select: string[];
  where?: Where | null;
  search?: string | null;
  sort?: Sort[];
  limit?: number;
  at?: number;
  after?: string | null;
  count?: "none" | "capped" | "exact";
}
export interface Count {
  value: number;
  exact: boolean;
}
export interface QueryAnswer {
  columns: string[];
  rows: Value[][];
  next: string | null;
  count: Count | null;
}

export interface RecordAnswer {
  id: Id;
  revision: number;
  changeset: Id | null;
  record: RecordValues;
  warnings: Warning[];
}
export interface Warning {
  field?: string;
  code?: string;
  message: string;
}

export interface ConflictField {
  field: string;
  base: Value;
  theirs: Value;
  yours: Value;
}

export interface BulkAnswer {
  changeset: Id | null;
  affected: number;
  state?: string;
}

export interface MergeBody {
  keep: Id;
  others: Id[];
  take?: Record<string, Id | Id[]>;
  preview?: boolean;
}

/** A field of records that become one: their values in the order of `records`, and whose would be taken. */
export interface MergeField {
  field: string;
  values: Value[];
  rule: "keep" | "all" | "sum" | "max" | "min" | "any";
  take: Id[];
  /** What a rule makes of all values. */
  result?: Value;
}

export interface MergePreview {
  keep: Id;
  records: { id: Id; label: string; revision: number }[];
  fields: MergeField[];
  related: { entity: string; count: number }[];
  /** Contacts of the records that are the same person: they become one. */
  same: { entity: string; ids: Id[]; label: string }[];
}

export interface MergeAnswer {
  changeset: Id;
  id: Id;
  revision: number;
  merged: number;
  moved: number;
}

export interface FieldChange {
  field: string;
  before: Value;
  after: Value;
  now?: Value;
}
/** Who did it: a name, or a record of the people. */
export type Actor = Reference | { id: Id; name: string } | string | null;
export interface ChangesetHead {
  changeset: Id;
  at: string;
  actor: Actor;
  origin: string;
  title: string;
  reason?: string | null;
  state?: string;
  undoes?: Id | null;
  undone_by?: Id | null;
}
export type Operation = "create" | "update" | "delete";
export interface HistoryItem extends ChangesetHead {
  op?: Operation;
  changes: FieldChange[];
}
export interface ChangesetItem extends ChangesetHead {
  /** Number of records by entity. */
  records?: Record<string, number>;
}
export interface ChangedRecord {
  entity: string;
  id: Id;
  label: string;
  op: Operation;
  changes: FieldChange[];
}
export interface ChangesetDetail extends ChangesetItem {
  changes: ChangedRecord[];
  next: string | null;
}
export interface Page<Item> {
  items: Item[];
  next: string | number | null;
}

export interface UndoConflict {
  entity: string;
  id: Id;
  field: string | null;
  reason: string;
  /** The later change that is in the way. */
  changeset?: Id | null;
  /** Of a rehearsal: what the record is called, and the values side by side. */
  label?: string;
  before?: Value;
  after?: Value;
  now?: Value;
  by?: Actor;
  at?: string;
}
/** A field that goes back although somebody changed it since: by the change-set that was seen. */
export type TakenBack = Pick<UndoConflict, "entity" | "id" | "changeset"> & { field: string };
/** What of a change-set an undo takes back. */
export interface UndoPart {
  record?: string;
  field?: string;
}
export interface UndoAnswer {
  changeset: Id | null;
  undoes?: Id;
  deleted?: number;
  restored?: number;
  reverted?: number;
  conflicts?: UndoConflict[];
  state?: string;
  /** Of a change of the catalog: what going back does to records. */
  preview?: { effects: CatalogEffect[] };
}

export type ImportState =
  | "reading"
  | "mapped"
  | "checked"
  | "applying"
  | "applied"
  | "failed"
  | "undoing"
  | "undone";
export interface Progress {
  done: number;
  total: number | null;
  phase: string | null;
}
/** How one cell of a column is read. */
export interface ImportRead {
  text: string;
  value: Value;
  problem?: string;
  /** What somebody has to say of the column: the order of day, month and year. */
  asks?: "dates";
}
export type DateOrder = "dmy" | "mdy" | "ymd";
export interface ImportColumn {
  index: number;
  letters: string;
  source: string;
  field: string | null;
  confidence: number | null;
  reason?: string | null;
  samples?: Value[];
  reads?: ImportRead[];
  /** How many 元 one of the amounts is; unit_assumed: nobody has said it. */
  factor?: number;
  unit_assumed?: boolean;
  /** The kind of field that could be made of a column without one, and its name (备注2); create: it will be. */
  new_field?: string;
  new_name?: string;
  create?: boolean;
  /** How its dates like 5/3/23 are read; none: nobody has said it. */
  order?: DateOrder;
  /** What its values do to a record that the ledger holds already. */
  existing?: Existing;
  /** Of a column without a field: the path of the records that it tells of. */
  part?: string;
}
export interface ImportSheet {
  name: string;
  header_row?: number | null;
  header_rows: number;
  rows?: number;
  columns: ImportColumn[];
  /** The entity that a row stands for, and the records that it is split into. */
  entity?: string;
  parts?: ImportPart[];
  /** Where its columns may go; only while that may be changed. */
  targets?: ImportTarget[];
}
export interface ImportPart {
  path: string;
  entity: string;
  key: string[];
}
export interface ImportTarget {
  key: string;
  entity: string;
  field: string;
  label: string;
}
/** A table of the file with its first rows, as they stand. */
export interface ImportTable {
  name: string;
  sheet: string;
  hidden: boolean;
  taken: boolean;
  header_row: number | null;
  header_rows: number;
  rows: number;
  columns: { letters: string; title: string }[];
  more_columns: number;
  left_out: number[];
  lines: ImportLine[];
  /** Rows further down that findings speak of, each with its neighbours. */
  further: ImportLine[];
}
export interface ImportLine {
  row: number;
  cells: string[];
}
export interface ImportPreview {
  tables: ImportTable[];
}
export interface ImportListed {
  id: Id;
  filename: string;
  state: ImportState;
  at: string;
  entity: string | null;
  rows: number;
  changeset: Id | null;
  created: number | null;
  updated: number | null;
  rejected: number | null;
  by_entity: Record<string, { created: number; updated: number }> | null;
}
/** Where a finding was made. A place in the file has a sheet, a row and most often a cell. */
export interface FindingPlace {
  sheet?: string;
  row?: number;
  cell?: string;
  column?: string;
  field?: string;
  text?: string;
  why?: string;
  [more: string]: unknown;
}
export interface Finding {
  code: string;
  count: number;
  message: string;
  examples: FindingPlace[];
}
export interface ImportReport {
  created: number;
  updated: number;
  skipped: number;
  /** Not there in results of older versions. */
  merged?: number;
  rejected: number;
  read: number;
  by_entity: Record<string, { created: number; updated: number }>;
  findings: Finding[];
}
export interface ImportResult extends ImportReport {
  changeset: Id | null;
  error_workbook: string | null;
  seconds: number;
}
/** Values go over what a known record holds, fill what is empty there, or leave it alone. */
export type Existing = "overwrite" | "fill" | "keep";
/** Of a cell that differs from the ledger: the file's value is taken, or the ledger's kept. */
export type Outcome = "take" | "keep";
export interface ImportConflict {
  sheet: string;
  row: number;
  cell: string;
  column: string;
  entity: string;
  field: string;
  id: Id | null;
  record: string | null;
  ours: Value;
  theirs: Value;
  outcome: Outcome;
}
export interface ImportConflictColumn {
  sheet: string;
  column: string;
  source: string;
  entity: string;
  field: string;
  existing: Existing;
  take: number;
  keep: number;
  listed: number;
}
/** A page of the cells that differ; total is exact, of which so many as listed says can be looked at. */
export interface ImportConflicts {
  columns: ImportConflictColumn[];
  items: ImportConflict[];
  total: number;
  listed: number;
  next: number | null;
}
export type OnMatch = "update" | "skip" | "create";
export interface ImportOptions {
  sheet?: string | null;
  map?: Record<string, string | null> | null;
  existing?: Record<string, Existing>;
  match?: string[] | null;
  on_match?: OnMatch | null;
  create_fields?: boolean | string[];
  units?: Record<string, number>;
  dates?: Record<string, DateOrder>;
  header?: Record<string, number | null>;
  cells?: Record<string, Record<string, string>>;
  leave_out?: Record<string, number[]>;
  fill_down?: Record<string, boolean>;
  /** By sheet, of a cell (B3) or a whole column (B). */
  decide?: Record<string, Record<string, Outcome>>;
}
export interface ImportJob {
  id: Id | string;
  state: ImportState;
  progress: Progress | null;
  changeset: Id | null;
  error: { code: string; message: string } | null;
  entity?: string | null;
  sheet?: string | null;
  filename?: string;
  sheets?: ImportSheet[];
  options?: ImportOptions;
  result?: ImportResult | null;
}

export interface Job {
  id: Id | string;
  state: string;
  progress?: Progress | null;
  error?: { code: string; message: string } | null;
}

export interface SetupAnswer {
  kit: string;
  recovery_key?: string | null;
}

export interface SearchHit {
  entity: string;
  id: Id;
  title: string;
  subtitle: string | null;
  /** Where it was found; `met` are the places of the characters, also of those that pinyin or initials spell. */
  matched: { field: string; text: string; met: [number, number][] }[];
}

export interface SearchAnswer {
  hits: SearchHit[];
  people: { id: Id; name: string; met: [number, number][] }[];
}

export interface TrashItem {
  entity: string;
  id: Id;
  title: string;
  changeset: Id;
  at: string;
  actor: Actor;
  /** The record that was kept, when this one went by a merge. */
  merged_into: Reference | null;
}

/** A saved view of a list. */
export interface View {
  id: Id;
  entity: string;
  name: string;
  /** Its pinyin and initials. */
  sound?: string;
  shared: boolean;
  own: boolean;
  /** The entity opens with it: for all when it is shared, else for its owner. */
  standard: boolean;
  revision: number;
  data: Partial<Query> & { layout?: unknown };
}

export interface FollowUp {
  customer: Id;
  content: string;
  channel?: string;
  result?: string;
  /** When to be in touch again, and about what. */
  next_at?: string | null;
  next_action?: string | null;
  /** The task that this was about: it is completed. */
  task?: Id | null;
}
export interface FollowUpAnswer {
  changeset: Id;
  interaction: Id;
  task: Id | null;
}

/** A piece of pasted text that was recognised. */
export interface Recognised {
  entity: string;
  field: string;
  value: string;
  label: string;
  start: number;
  end: number;
  sure: boolean;
}

export interface Candidate {
  id: Id | null;
  score: number;
  reasons: string[];
  /** The reasons as words. */
  why: string[];
  visibility: "full" | "exists" | "pool";
}

export interface Person {
  id: Id;
  name: string;
  roles: string[];
  state: "active" | "disabled";
}
export interface Role {
  key: string;
  label: Label;
  rows: "all" | "own" | "none";
}
export interface Token {
  id: Id;
  label: string | null;
  created_at: string;
  expires_at: string;
}
export interface BackupFile {
  name: string;
  size: number;
  at: string;
}
/** How a phone in the same network comes here. */
export interface PhoneAccess {
  addresses: string[];
  certificate: { name: string; fingerprint: string; until: string } | null;
}
export interface KitDifference {
  kind: string;
  entity: string;
  field?: string;
  option?: string;
}
/** What applying a kit would do, and what stays the firm's own. */
export interface KitDiff {
  kit: string;
  version: number;
  applied: string | null;
  applied_version: number | null;
  missing: KitDifference[];
  moved: KitDifference[];
  kept: KitDifference[];
}
export interface Kit {
  kit: string;
  label: Label;
  description: Label;
  entities: number;
  fields: number;
  /** Labels of the kinds of records that it adds to the kit that it extends. */
  own_entities: Label[];
  own_fields: number;
  example_fields: Label[];
  views: number;
  sample_customers: number;
}

export interface CatalogEffect {
  kind: string;
  entity: string;
  field: string | null;
  rows: number;
  at_least: boolean;
  not_converted: number;
  examples: { id: Id; value: string }[];
}
export interface CatalogAnswer {
  catalog_version: number;
  changeset: Id | null;
  preview?: { effects: CatalogEffect[] } | null;
  /** Of a preview: the entities that would be different. */
  entities?: Entity[];
}
/** One change of the catalog, as the list of versions tells it. */
export interface CatalogVersion {
  changeset: Id;
  at: string;
  actor: Actor;
  title: string;
  state: string;
  undoes: Id | null;
  undoable: boolean;
  changes: {
    kind: string;
    entity: string;
    field: string | null;
    /** What it was called then. */
    label: Label | null;
    of: Label;
    before?: unknown;
    after?: unknown;
    options?: Label[];
  }[];
  /** So many further changes are not told. */
  more: number;
}

export interface Aggregate {
  group?: { field: string; by?: "day" | "week" | "month" | "quarter" | "year" }[];
  measures: { op: "count" | "sum" | "avg" | "min" | "max" | "distinct"; field?: string }[];
  where?: Where | null;
  search?: string | null;
  sort?: Sort[];
  limit?: number;
}
export interface AggregateAnswer {
  columns: string[];
  rows: Value[][];
  total: Value[];
}

/** Rows that are written together, as one change-set. */
export interface BatchBody {
  create?: RecordValues[];
  update?: { id: Id; revision?: number; set: RecordValues }[];
}
export interface BatchAnswer {
  changeset: Id | null;
  created: { id: Id; revision: number }[];
  updated: { id: Id; revision: number }[];
  warnings: Warning[];
}

/** What stood in a cell of an imported workbook that could not be read. */
export interface CellNote {
  id: Id;
  field: string;
  text: string | null;
  message: string;
}

/** Work in the background: where it stands, or that it has ended. */
export interface ProgressEvent {
  job: Id;
  kind: string;
  state: string;
  done: number;
  total: number | null;
  changeset: Id | null;
  actor: Id | null;
  /** The import or export that it works for. */
  run?: Id;
}
/** Who else has the record open that this page has open. */
export interface PresenceEvent {
  entity: string;
  id: Id;
  people: Reference[];
}

/** Which records of a list others have open. */
export interface CrowdEvent {
  entity: string;
  records: { id: Id; people: Reference[] }[];
}

export interface ChangesEvent {
  seq: number;
  entity: string | null;
  ids: Id[] | null;
}
