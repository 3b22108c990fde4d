import { t } from "@lingui/core/macro";
import { Link } from "@tanstack/react-router";
import { CircleUser, Plus, Search, Users } from "lucide-react";
import type { ReactNode } from "react";
import { useCatalog } from "@/api/catalog";
import { orderedEntities, todayPlace } from "./places";

interface Props {
  onSearch: () => void;
  onAdd: () => void;
}

/** The five places of the phone, within reach of a thumb. */
export function BottomBar({ onSearch, onAdd }: Props) {
  const first = orderedEntities(useCatalog())[0];
  const today = todayPlace();
  return (
    <nav className="bottom-bar" aria-label={t`底部导航`} data-testid="bottom-bar">
      <Tab to={today.to} icon={<today.icon size={22} strokeWidth={1.75} />} label={today.label} />
      <Tab to={`/list/${first?.key ?? ""}`} icon={<Users size={22} strokeWidth={1.75} />} label={t`列表`} />
      <button type="button" className="add" aria-label={t`快速录入`} onClick={onAdd}>
        <Plus size={24} />
      </button>
      <button type="button" className="tab" onClick={onSearch}>
        <Search size={22} strokeWidth={1.75} />
        {t`搜索`}
      </button>
      <Tab to="/settings" icon={<CircleUser size={22} strokeWidth={1.75} />} label={t`我`} />
    </nav>
  );
}

function Tab({ to, icon, label }: { to: string; icon: ReactNode; label: string }) {
  return (
    <Link
      to={to}
      className="tab"
      activeProps={{ className: "active", "aria-current": "page" }}
      activeOptions={{ includeSearch: false }}
    >
      {icon}
      {label}
    </Link>
  );
}
