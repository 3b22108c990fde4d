import { t } from "@lingui/core/macro";
import { Link } from "@tanstack/react-router";
import { Dropdown } from "antd";
import {
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
  Receipt,
  Search,
  Settings,
  ShieldAlert,
  Star,
  Table2,
  Trash2,
  Upload,
  User,
  Users,
  Wallet,
} from "lucide-react";
import type { ReactNode } from "react";
import { may, useCatalog } from "@/api/catalog";
import { LOCALES, textOf } from "@/i18n";
import { type Appearance, useLook } from "@/ui/theme";
import { useSetLanguage } from "../root";
import { end, useSession } from "../session";

const ICONS: Record<string, LucideIcon> = {
  customer: Users,
  contact: Contact,
  address: MapPin,
  interaction: MessageSquare,
  task: ListChecks,
  product: Package,
  order: Receipt,
  contract: FileText,
  payment: Wallet,
  ticket: Headset,
  feedback: Star,
  safety_note: ShieldAlert,
  opportunity: Handshake,
};

export function Sidebar({ onSearch }: { onSearch: () => void }) {
  const catalog = useCatalog();
  const session = useSession().data;
  const entities = catalog?.entities ?? [];
  const sorted = [...entities].sort((a, b) => Number(b.key === "customer") - Number(a.key === "customer"));
  return (
    <nav className="sidebar" aria-label={t`主导航`}>
      <div className="firm">
        <b>{(catalog?.settings?.firm ?? "客").slice(0, 1)}</b>
        <span data-testid="firm">{catalog?.settings?.firm || t`客户台账`}</span>
      </div>
      <button type="button" className="nav search" onClick={onSearch} data-testid="open-search">
        <Search size={16} strokeWidth={1.75} />
        {t`搜索`}
        <kbd>Ctrl K</kbd>
      </button>
      <h2>{t`台账`}</h2>
      {sorted.map((entity) => {
        const Icon = ICONS[entity.key] ?? Table2;
        return (
          <Link
            key={entity.key}
            to="/list/$entity"
            params={{ entity: entity.key }}
            className="nav"
            activeProps={{ className: "active" }}
            activeOptions={{ includeSearch: false }}
            data-testid={`nav-${entity.key}`}
          >
            <Icon size={16} strokeWidth={1.75} />
            {textOf(entity.label)}
          </Link>
        );
      })}
      <h2>{t`工作台`}</h2>
      {entities.some((entity) => may(entity, "import")) ? (
        <Place to="/import" icon={<Upload size={16} strokeWidth={1.75} />}>{t`导入`}</Place>
      ) : null}
      <Place to="/changesets" icon={<GitCompareArrows size={16} strokeWidth={1.75} />}>{t`变更集`}</Place>
      <Place to="/trash" icon={<Trash2 size={16} strokeWidth={1.75} />}>{t`回收站`}</Place>
      <Place to="/settings" icon={<Settings size={16} strokeWidth={1.75} />}>{t`设置`}</Place>
      <div className="foot">
        <UserMenu name={session?.user.name ?? ""} />
      </div>
    </nav>
  );
}

function Place({ to, icon, children }: { to: string; icon: ReactNode; children: ReactNode }) {
  return (
    <Link to={to} className="nav" activeProps={{ className: "active" }} data-testid={`nav-${to.slice(1)}`}>
      {icon}
      {children}
    </Link>
  );
}

function UserMenu({ name }: { name: string }) {
  const setLanguage = useSetLanguage();
  const { appearance, setAppearance } = useLook();
  const looks: Record<Appearance, string> = { auto: t`跟随系统`, light: t`浅色`, dark: t`深色` };
  return (
    <Dropdown
      trigger={["click"]}
      placement="topLeft"
      menu={{
        selectedKeys: [appearance],
        items: [
          {
            key: "language",
            label: t`语言`,
            children: LOCALES.map((locale) => ({
              key: locale,
              label: locale === "en" ? "English" : "中文",
              onClick: () => setLanguage(locale),
            })),
          },
          {
            key: "look",
            label: t`外观`,
            children: (Object.keys(looks) as Appearance[]).map((look) => ({
              key: look,
              label: looks[look],
              onClick: () => setAppearance(look),
            })),
          },
          { type: "divider" },
          {
            key: "logout",
            label: <span data-testid="logout">{t`退出登录`}</span>,
            onClick: () => void end(),
          },
        ],
      }}
    >
      <button type="button" className="nav" data-testid="user-menu">
        <User size={16} strokeWidth={1.75} />
        {name}
      </button>
    </Dropdown>
  );
}
