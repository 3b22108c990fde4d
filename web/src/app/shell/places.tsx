// Where one can go: the side bar, the bar of the phone and the palette all read from here.
import { t } from "@lingui/core/macro";
import {
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

export interface Place {
  to: string;
  icon: LucideIcon;
  label: string;
}

export const todayPlace = (): Place => ({ to: "/today", icon: Sun, label: t`今日` });
export const settingsPlace = (): Place => ({ to: "/settings", icon: Settings, label: t`设置` });

/** The pages beside the lists. */
export function workPlaces(catalog: Catalog | undefined): Place[] {
  const mayImport = catalog?.entities.some((entity) => may(entity, "import")) ?? false;
  return [
    ...(mayImport ? [{ to: "/import", icon: Upload, label: t`导入` }] : []),
    { to: "/changesets", icon: GitCompareArrows, label: t`变更集` },
    { to: "/trash", icon: Trash2, label: t`回收站` },
  ];
}
