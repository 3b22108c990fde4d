import { t } from "@lingui/core/macro";
import { Link, useParams } from "@tanstack/react-router";
import { Dropdown } from "antd";
import { PanelLeft, Search } from "lucide-react";
import { useCatalog } from "@/api/catalog";
import { end, useSession } from "@/api/session";
import { LOCALES, textOf } from "@/i18n";
import { useViews } from "@/records/views/use-views";
import { Keys, keyText } from "@/ui/keys";
import { Avatar } from "@/ui/marks";
import { type Appearance, useLook } from "@/ui/theme";
import { useSetLanguage } from "../root";
import { entityIcon, orderedEntities, type Place, settingsPlace, todayPlace, workPlaces } from "./places";
import { useDueCount } from "./use-due-count";

interface Props {
  onSearch: () => void;
  onCollapse: () => void;
}

/** Places at the left: today, the lists with the views of the open one, tools, settings, oneself. */
export function Sidebar({ onSearch, onCollapse }: Props) {
  const catalog = useCatalog();
  const session = useSession().data;
  const due = useDueCount();
  const firm = catalog?.settings?.firm;
  return (
    <nav className="sidebar" aria-label={t`主导航`}>
      <div className="firm">
        <b aria-hidden>{(firm ?? "客").slice(0, 1)}</b>
        <span className="name" data-testid="firm">
          {firm || t`客户台账`}
        </span>
        <button
          type="button"
          className="collapse"
          aria-label={t`收起或展开侧栏`}
          title={keyText("Ctrl \\")}
          onClick={onCollapse}
        >
          <PanelLeft size={16} strokeWidth={1.75} />
        </button>
      </div>
      <button type="button" className="nav search" onClick={onSearch} data-testid="open-search">
        <Search size={16} strokeWidth={1.75} />
        <span className="text">{t`搜索`}</span>
        <Keys keys="Ctrl K" />
      </button>
      <div className="places">
        <PlaceLink place={todayPlace()} count={due} late />
        <h2>{t`台账`}</h2>
        {orderedEntities(catalog).map((entity) => (
          <EntityPlace key={entity.key} entity={entity.key} label={textOf(entity.label)} />
        ))}
        <h2>{t`工作台`}</h2>
        {workPlaces(catalog).map((place) => (
          <PlaceLink key={place.to} place={place} />
        ))}
      </div>
      <PlaceLink place={settingsPlace()} />
      <UserMenu name={session?.user.name ?? ""} roles={session?.role_labels ?? []} />
    </nav>
  );
}

function PlaceLink({ place, count, late }: { place: Place; count?: number; late?: boolean }) {
  const { icon: Icon } = place;
  return (
    <Link
      to={place.to}
      className="nav"
      activeProps={{ className: "active", "aria-current": "page" }}
      data-testid={`nav-${place.to.slice(1)}`}
      title={place.label}
    >
      <Icon size={16} strokeWidth={1.75} aria-hidden />
      <span className="text">{place.label}</span>
      {count ? <span className={late ? "count late" : "count"}>{count}</span> : null}
    </Link>
  );
}

function EntityPlace({ entity, label }: { entity: string; label: string }) {
  const open = (useParams({ strict: false }) as { entity?: string }).entity === entity;
  const Icon = entityIcon(entity);
  return (
    <>
      <Link
        to="/list/$entity"
        params={{ entity }}
        className="nav"
        activeProps={{ className: "active", "aria-current": "page" }}
        activeOptions={{ includeSearch: false }}
        data-testid={`nav-${entity}`}
        title={label}
      >
        <Icon size={16} strokeWidth={1.75} aria-hidden />
        <span className="text">{label}</span>
      </Link>
      {open ? <Views entity={entity} /> : null}
    </>
  );
}

function Views({ entity }: { entity: string }) {
  const views = useViews(entity) ?? [];
  return views.map((view) => (
    <Link
      key={view.id}
      to="/list/$entity"
      params={{ entity }}
      search={{ view: view.id } as never}
      className="nav view"
      activeProps={{ className: "active", "aria-current": "page" }}
      title={view.name}
    >
      <span className="text">{view.name}</span>
    </Link>
  ));
}

function UserMenu({ name, roles }: { name: string; roles: Parameters<typeof textOf>[0][] }) {
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
              label: <span lang={locale}>{locale === "en" ? "English" : "中文"}</span>,
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
        <Avatar name={name} />
        <span className="text">{name}</span>
        <span className="count">{roles.map((role) => textOf(role)).join(" ")}</span>
      </button>
    </Dropdown>
  );
}
