import { t } from "@lingui/core/macro";
import { Link, useLocation, useParams } from "@tanstack/react-router";
import {
  CalendarDays,
  ChevronRight,
  Ellipsis,
  type LucideIcon,
  PanelLeft,
  Search,
  SquareKanban,
} from "lucide-react";
import { Suspense, useEffect, useRef, useState } from "react";
import { useCatalog } from "@/api/catalog";
import { end, useSession } from "@/api/session";
import type { Entity, View } from "@/api/types";
import { LOCALES, pluralOf, textOf } from "@/i18n";
import { recall, remember } from "@/lib/storage";
import type { Kind } from "@/records/list/params";
import { useListSearch } from "@/records/list/use-list-search";
import { standardView, useAllViews } from "@/records/views/use-views";
import { DropMenu } from "@/ui/drop-menu";
import { Keys, keyText } from "@/ui/keys";
import { late } from "@/ui/late";
import { Avatar } from "@/ui/marks";
import { type Appearance, useLook } from "@/ui/theme";
import { useSetLanguage } from "../root";
import {
  entityIcon,
  markOf,
  type Place,
  settingsPlace,
  splitEntities,
  todayPlace,
  workPlaces,
} from "./places";
import { useDueCount } from "./use-due-count";

const NoticesButton = late(() =>
  import("@/features/notices/notices-button").then((part) => part.NoticesButton),
);

interface Props {
  isNarrow: boolean;
  onSearch: () => void;
  onNotices: () => void;
  onCollapse: () => void;
}

/** Places at the left: today, the lists with their views, tools, settings, oneself. */
export function Sidebar({ isNarrow, onSearch, onNotices, onCollapse }: Props) {
  const catalog = useCatalog();
  const session = useSession().data;
  const due = useDueCount();
  const views = useAllViews();
  const here = useHere(views);
  const firm = catalog?.settings?.firm;
  const places = useRef<HTMLDivElement>(null);
  // On a low screen the place where one is may lie below what is seen.
  // biome-ignore lint/correctness/useExhaustiveDependencies: at every change of place, and when lists come
  useEffect(() => {
    places.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [here, catalog !== undefined, views.length]);
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
      <div className="places" ref={places}>
        <PlaceLink place={todayPlace()} here={here} count={due} late />
        <Suspense fallback={<span className="nav" />}>
          <NoticesButton onOpen={onNotices} />
        </Suspense>
        <h2>{t`台账`}</h2>
        <Lists here={here} views={views} onWide={isNarrow ? onCollapse : undefined} />
        <h2>{t`工作台`}</h2>
        {workPlaces(catalog).map((place) => (
          <PlaceLink key={place.mark ?? place.to} place={place} here={here} />
        ))}
      </div>
      <PlaceLink place={settingsPlace()} here={here} />
      <UserMenu name={session?.user.name ?? ""} roles={session?.role_labels ?? []} />
    </nav>
  );
}

/** Where one is; a list whose address names no view shows the view that it opens with. */
export function useHere(views: View[]): string {
  const { entity } = useParams({ strict: false }) as { entity?: string };
  const path = useLocation({ select: (location) => location.pathname });
  const { view, as } = useListSearch();
  const isList = entity !== undefined && path.startsWith("/list/");
  const standard = isList ? standardView(views.filter((one) => one.entity === entity))?.id : undefined;
  return markOf({ path, entity, view: view ?? standard, as }, views, workPlaces(useCatalog()));
}

export function PlaceLink({ place, here, count, late }: { place: Place; here: string } & Count) {
  const { icon: Icon } = place;
  const mark = place.mark ?? place.to;
  return (
    <Link
      to={place.to}
      search={place.search as never}
      {...marked(here === mark || here.startsWith(`${mark}/`))}
      data-testid={`nav-${mark.replace("/", "").split(":")[0]}`}
      title={place.label}
    >
      <Icon size={16} strokeWidth={1.75} aria-hidden />
      <span className="text">{place.label}</span>
      {count ? <span className={late ? "count late" : "count"}>{count}</span> : null}
    </Link>
  );
}

/** What a link is marked with; the router would mark every place that the address lies under. */
const marked = (active: boolean, kind = "nav") => ({
  className: active ? `${kind} active` : kind,
  "aria-current": active ? ("page" as const) : undefined,
  activeProps: {},
  activeOptions: { exact: true },
});

/** The lists of every day with their views, and the others behind one line. */
export function Lists({ here, views, onWide }: { here: string; views: View[]; onWide?: () => void }) {
  const catalog = useCatalog();
  const { entity: current } = useParams({ strict: false }) as { entity?: string };
  const [open, setOpen] = useState(() => recall<Record<string, boolean>>("nav-open") ?? {});
  const [wanted, setWanted] = useState("");
  const { main, more } = splitEntities(catalog);
  useEffect(() => remember("nav-open", open), [open]);
  const isOpen = (key: string) => open[key] ?? key === current;
  const toggle = (key: string) => setOpen((now) => ({ ...now, [key]: !isOpen(key) }));
  const line = (entity: Entity) => (
    <EntityPlace
      key={entity.key}
      entity={entity}
      here={here}
      views={views.filter((view) => view.entity === entity.key)}
      isOpen={isOpen(entity.key)}
      onToggle={() => toggle(entity.key)}
    />
  );
  const isMore = open[MORE] ?? false;
  const typed = wanted.trim().toLowerCase();
  const found = more.filter((entity) =>
    [textOf(entity.label).toLowerCase(), entity.key, entity.sound ?? ""].some((text) => text.includes(typed)),
  );
  return (
    <>
      {main.map(line)}
      {/* The list one is in is never hidden. */}
      {isMore ? null : more.filter((entity) => entity.key === current).map(line)}
      {more.length > 0 ? (
        <button
          type="button"
          className="nav more"
          aria-expanded={isMore}
          data-testid="nav-more"
          title={t`更多`}
          onClick={() => {
            onWide?.();
            if (!onWide || !isMore) toggle(MORE);
          }}
        >
          <Ellipsis size={16} strokeWidth={1.75} aria-hidden />
          <span className="text">{t`更多`}</span>
          <span className="count">{more.length}</span>
          <ChevronRight size={14} className="chevron" aria-hidden />
        </button>
      ) : null}
      {isMore ? (
        <div className="more-lists">
          <input
            className="nav-find plain-input"
            aria-label={t`找列表`}
            placeholder={t`找列表`}
            data-testid="nav-find"
            value={wanted}
            onChange={(event) => setWanted(event.target.value)}
            onKeyDown={(event) => event.key === "Escape" && setWanted("")}
          />
          {found.map(line)}
          {found.length === 0 ? <p className="nav-none">{t`没有叫「${wanted}」的列表`}</p> : null}
        </div>
      ) : null}
    </>
  );
}

const MORE = "more";

interface EntityProps {
  entity: Entity;
  here: string;
  views: View[];
  isOpen: boolean;
  onToggle: () => void;
}

function EntityPlace({ entity, here, views, isOpen, onToggle }: EntityProps) {
  const Icon = entityIcon(entity.key);
  const label = pluralOf(entity.label);
  return (
    <>
      <div className="nav-line">
        <Link
          to="/list/$entity"
          params={{ entity: entity.key }}
          {...marked(here === `entity:${entity.key}`)}
          data-testid={`nav-${entity.key}`}
          title={label}
        >
          <Icon size={16} strokeWidth={1.75} aria-hidden />
          <span className="text">{label}</span>
        </Link>
        {views.length > 0 ? (
          <button
            type="button"
            className="nav-fold"
            aria-expanded={isOpen}
            aria-label={isOpen ? t`收起「${label}」的视图` : t`展开「${label}」的视图`}
            onClick={onToggle}
          >
            <ChevronRight size={14} className="chevron" aria-hidden />
          </button>
        ) : null}
      </div>
      {isOpen
        ? views.map((view) => {
            const ViewIcon = VIEW_ICONS[String((view.data.layout as { as?: Kind } | undefined)?.as)];
            return (
              <Link
                key={view.id}
                to="/list/$entity"
                params={{ entity: entity.key }}
                search={{ view: view.id } as never}
                {...marked(here === `view:${view.id}`, "nav view")}
                title={view.name}
              >
                <span className="text">{view.name}</span>
                {ViewIcon ? <ViewIcon size={14} strokeWidth={1.75} aria-hidden /> : null}
              </Link>
            );
          })
        : null}
    </>
  );
}

const VIEW_ICONS: Record<string, LucideIcon | undefined> = { board: SquareKanban, calendar: CalendarDays };

interface Count {
  count?: number;
  late?: boolean;
}

function UserMenu({ name, roles }: { name: string; roles: Parameters<typeof textOf>[0][] }) {
  const setLanguage = useSetLanguage();
  const { appearance, setAppearance } = useLook();
  const looks: Record<Appearance, string> = { auto: t`跟随系统`, light: t`浅色`, dark: t`深色` };
  return (
    <DropMenu
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
    </DropMenu>
  );
}
