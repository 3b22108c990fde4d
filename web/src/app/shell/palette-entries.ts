// What the palette offers: records that were found or opened last, views, places, actions.
import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import {
  Bell,
  ClipboardPaste,
  Keyboard,
  Languages,
  LogOut,
  type LucideIcon,
  Moon,
  Sun,
  Table2,
} from "lucide-react";
import { may } from "@/api/catalog";
import { end, useSession } from "@/api/session";
import type { Catalog, Id, SearchHit, Session } from "@/api/types";
import { findReferences } from "@/fields/references";
import { currentLocale, pluralOf, textOf } from "@/i18n";
import { recentRecords } from "@/records/detail/recent";
import { useAllViews } from "@/records/views/use-views";
import type { Layer } from "@/ui/layer";
import { useLook } from "@/ui/theme";
import { useSetLanguage } from "../root";
import { entityIcon, orderedEntities, settingsPlace, todayPlace, workPlaces } from "./places";

export interface Entry {
  key: string;
  group: string;
  icon: LucideIcon;
  title: string;
  note?: string;
  to?: string;
  search?: Record<string, unknown>;
  record?: { entity: string; id: Id };
  run?: () => void;
  /** Other words by which it is found: pinyin, initials, English. */
  words?: string;
}

const MOST_RECENT = 6;

/** Is every letter of what was typed in the words, as one piece? */
export const fits = (entry: Pick<Entry, "title" | "words">, typed: string): boolean =>
  `${entry.title} ${entry.words ?? ""}`.toLowerCase().includes(typed.toLowerCase());

export function useEntries(
  catalog: Catalog | undefined,
  typed: string,
  hits: SearchHit[],
  onLayer: (layer: Layer) => void,
): Entry[] {
  const { isDark, setAppearance } = useLook();
  const session = useSession().data;
  const setLanguage = useSetLanguage();
  const views = useAllViews();
  const people = useQuery({
    queryKey: ["references", "user", typed],
    queryFn: ({ signal }) => findReferences("user", typed, signal),
    enabled: typed !== "",
    staleTime: 30_000,
  }).data;
  const nameOf = (key: string) =>
    textOf(catalog?.entities.find((entity) => entity.key === key)?.label) || key;

  const records: Entry[] = typed
    ? hits.map((hit) => ({
        key: `hit:${hit.entity}:${hit.id}`,
        group: nameOf(hit.entity),
        icon: entityIcon(hit.entity),
        title: hit.title,
        note: noteOf(hit),
        record: { entity: hit.entity, id: hit.id },
        to: `/record/${hit.entity}/${hit.id}`,
      }))
    : recentRecords()
        .slice(0, MOST_RECENT)
        .map((one) => ({
          key: `recent:${one.entity}:${one.id}`,
          group: t`最近打开`,
          icon: entityIcon(one.entity),
          title: one.title,
          note: nameOf(one.entity),
          record: { entity: one.entity, id: one.id },
          to: `/record/${one.entity}/${one.id}`,
        }));
  // Hits of one kind stand together, in the order in which the first of each was found.
  const groups = [...new Set(records.map((entry) => entry.group))];
  records.sort((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group));

  const colleagues: Entry[] = (typed ? (people ?? []) : []).map((person) => ({
    key: `person:${person.id}`,
    group: t`同事`,
    icon: entityIcon("user"),
    title: person.label,
    note: t`看归他的客户`,
    to: "/list/customer",
    search: { where: { field: "owner", op: "eq", value: person.id } },
  }));
  const actions: Entry[] = [
    ...(may(
      catalog?.entities.find((entity) => entity.key === "customer"),
      "create",
    )
      ? [
          {
            key: "quick",
            group: t`操作`,
            icon: ClipboardPaste,
            title: t`快速录入客户`,
            words: "新建客户 xjkh xinjiankehu ksluru kslr kuaisuluru new customer",
            run: () => onLayer("quick-entry"),
          },
        ]
      : []),
    {
      key: "notices",
      group: t`操作`,
      icon: Bell,
      title: t`看通知`,
      words: "tz tongzhi ktz notices bell",
      run: () => onLayer("notices"),
    },
    {
      key: "keys",
      group: t`操作`,
      icon: Keyboard,
      title: t`看所有按键`,
      words: "aj anjian keys shortcuts",
      run: () => onLayer("keys"),
    },
    {
      key: "look",
      group: t`操作`,
      icon: isDark ? Sun : Moon,
      title: isDark ? t`换成浅色` : t`换成深色`,
      words: "qs ss qianse shense dark light theme",
      run: () => setAppearance(isDark ? "light" : "dark"),
    },
    {
      key: "language",
      group: t`操作`,
      icon: Languages,
      title: t`换语言`,
      words: "hyy huanyuyan language english zhongwen",
      run: () => setLanguage(currentLocale() === "en" ? "zh-CN" : "en"),
    },
    {
      key: "logout",
      group: t`操作`,
      icon: LogOut,
      title: t`退出登录`,
      words: "tcdl tuichudenglu sign out logout",
      run: () => void end(),
    },
  ];
  const parts: Entry[] = settingsParts(session).map((part) => ({
    key: `settings:${part.to}:${part.title}`,
    group: t`设置`,
    icon: settingsPlace().icon,
    ...part,
  }));
  const places: Entry[] = [
    ...[todayPlace(), ...workPlaces(catalog), settingsPlace()].map((place) => ({
      key: place.mark ?? place.to,
      group: t`去`,
      icon: place.icon,
      title: place.label,
      words: PLACE_WORDS[place.mark?.split(":")[0] ?? place.to],
      to: place.to,
      search: place.search,
    })),
    ...orderedEntities(catalog).map((entity) => ({
      key: `list:${entity.key}`,
      group: t`去`,
      icon: entityIcon(entity.key),
      title: pluralOf(entity.label),
      words: `${entity.key} ${entity.sound ?? ""}`,
      to: `/list/${entity.key}`,
    })),
  ];
  const saved: Entry[] = views.map((view) => ({
    key: `view:${view.id}`,
    group: t`视图`,
    icon: Table2,
    title: view.name,
    note: nameOf(view.entity),
    words: view.sound,
    to: `/list/${view.entity}`,
    search: { view: view.id },
  }));
  const rest = [...saved, ...actions, ...places, ...parts];
  if (!typed) return [...records, ...actions, ...places];
  return [...records, ...colleagues, ...rest.filter((entry) => fits(entry, typed))];
}

/** What stands on the page of the settings, under the words by which one looks for it; only what this person may. */
export function settingsParts(session: Session | null | undefined): Pick<Entry, "title" | "words" | "to">[] {
  const allowed = (right: string) => session?.permissions.includes(`ledger:${right}`) ?? false;
  const parts: [boolean, string, string, string?][] = [
    [true, t`改密码`, "密码 mm gmm mima gaimima password"],
    [true, t`手机使用`, "扫码 证书 离线 sjsy shoujishiyong phone mobile qr certificate", "/phone"],
    [true, t`程序用的令牌`, "令牌 接口 lp lingpai token api"],
    [
      allowed("accounts"),
      t`同事和账号`,
      "角色 权限 用户 员工 ts tongshi zh zhanghao people accounts users roles",
    ],
    [
      allowed("catalog"),
      t`对象和字段`,
      "加字段 选项 行业模板 zd ziduan jzd fields objects options designer kit",
      "/designer/customer",
    ],
    [allowed("backup"), t`备份`, "恢复 bf beifen backup restore"],
  ];
  return parts.filter(([may]) => may).map(([, title, words, to = "/settings"]) => ({ title, words, to }));
}

const PLACE_WORDS: Record<string, string> = {
  "/today": "jr jinri today",
  board: "kb kanban board",
  calendar: "rl rili calendar",
  "/import": "dr daoru import excel",
  "/changesets": "bgj biangengji changes history undo",
  "/trash": "hsz huishouzhan trash bin",
  "/settings": "sz shezhi settings",
};

/** What was found where the name does not say it, like the number whose end was typed; then what stands under the name. */
export function noteOf(hit: SearchHit): string | undefined {
  const found = hit.matched
    .map((one) => one.text)
    .find((text) => text !== hit.title && text !== hit.subtitle);
  return [found, hit.subtitle].filter(Boolean).join(" · ") || undefined;
}
