// Where one can go: the side bar, the bar of the phone and the palette all read from here.
import { t } from "@lingui/core/macro";
import {
  CalendarDays,
  CircleUser,
  Contact,
  FileText,
  GitCompareArrows,
  Handshake,
  Headset,
  ListChecks,
  type LucideIcon,
  MapPin,
  MessageSquare,
  Package,
  ReceiptText,
  Settings,
  ShieldAlert,
  SquareKanban,
  Star,
  Sun,
  Table2,
  Trash2,
  Upload,
  Users,
  Wallet,
} from "lucide-react";
import { may } from "@/api/catalog";
import type { Catalog, Entity } from "@/api/types";
import { boardFields, dayFields } from "@/records/list/kinds";
import type { Kind } from "@/records/list/params";

const ICONS: Record<string, LucideIcon> = {
  customer: Users,
  contact: Contact,
  address: MapPin,
  interaction: MessageSquare,
  task: ListChecks,
  product: Package,
  order: ReceiptText,
  order_line: ReceiptText,
  contract: FileText,
  payment: Wallet,
  ticket: Headset,
  feedback: Star,
  safety_note: ShieldAlert,
  opportunity: Handshake,
  user: CircleUser,
};

export const entityIcon = (key: string): LucideIcon => ICONS[key] ?? Table2;

/** Entities in the order in which they are used: customers first. */
export function orderedEntities(catalog: Catalog | undefined): Entity[] {
  return [...(catalog?.entities ?? [])].sort(
    (a, b) => Number(b.key === "customer") - Number(a.key === "customer"),
  );
}

// What an office opens every day; the other lists stand under 更多.
const MAIN = [
  "customer",
  "contact",
  "interaction",
  "order",
  "contract",
  "payment",
  "opportunity",
  "ticket",
  "product",
];

// What the kit general keeps beside them. A list that stands in neither is one of the trade or of the firm itself.
const REST = new Set(
  [
    "address task order_line project feedback survey survey_answer safety_note important_event ",
    "attachment paper_file consent risk_assessment change_request review_plan review review_item grading_scheme ",
    "grade grade_change flag loss_case care_plan care_action online_event ownership_dispute handover handover_item",
  ]
    .join("")
    .split(" "),
);

/** The lists of every day with those of the trade, and the rest. */
export function splitEntities(catalog: Catalog | undefined): { main: Entity[]; more: Entity[] } {
  const all = orderedEntities(catalog);
  const usual = MAIN.flatMap((key) => all.find((entity) => entity.key === key) ?? []);
  const own = all.filter((entity) => !REST.has(entity.key) && !usual.includes(entity));
  return { main: [...usual, ...own], more: all.filter((entity) => REST.has(entity.key)) };
}

/** Where one is, as far as the side bar marks it. */
export interface Here {
  path: string;
  entity?: string;
  view?: number;
  as?: Kind;
}

// Pages that the settings lead to.
const SETTINGS = /^\/(designer|phone)(\/|$)/;

/** The one place to mark: `view:7`, `board:customer`, `entity:customer`, or a path. */
export function markOf({ path, entity, view, as }: Here, views: { id: number }[], places: Place[]): string {
  if (SETTINGS.test(path)) return "/settings";
  if (!entity) return path;
  if (view && views.some((one) => one.id === view)) return `view:${view}`;
  const mark = path.startsWith("/list/") ? `${as}:${entity}` : "";
  if (places.some((place) => place.mark === mark)) return mark;
  return `entity:${entity}`;
}

export interface Place {
  to: string;
  search?: Record<string, unknown>;
  /** What tells it from the list that it shows in another way. */
  mark?: string;
  icon: LucideIcon;
  label: string;
}

export const todayPlace = (): Place => ({ to: "/today", icon: Sun, label: t`今日` });
export const settingsPlace = (): Place => ({ to: "/settings", icon: Settings, label: t`设置` });

/** The pages beside the lists. */
export function workPlaces(catalog: Catalog | undefined): Place[] {
  const mayImport = catalog?.entities.some((entity) => may(entity, "import")) ?? false;
  const board = orderedEntities(catalog).find((entity) => boardFields(entity).length > 0);
  const calendar = orderedEntities(catalog).find((entity) => dayFields(entity).length > 0);
  const as = (entity: Entity, mark: "board" | "calendar", icon: LucideIcon, label: string): Place => ({
    to: `/list/${entity.key}`,
    search: { view: 0, as: mark },
    mark: `${mark}:${entity.key}`,
    icon,
    label,
  });
  return [
    ...(board ? [as(board, "board", SquareKanban, t`看板`)] : []),
    ...(calendar ? [as(calendar, "calendar", CalendarDays, t`日历`)] : []),
    ...(mayImport ? [{ to: "/import", icon: Upload, label: t`导入` }] : []),
    { to: "/changesets", icon: GitCompareArrows, label: t`变更集` },
    { to: "/trash", icon: Trash2, label: t`回收站` },
  ];
}
