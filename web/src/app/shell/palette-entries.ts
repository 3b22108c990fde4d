// What the palette offers: records that were found or opened last, views, places, actions.
import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import {
  Bell,
  CalendarClock,
  ClipboardPaste,
  CopyCheck,
  Download,
  Keyboard,
  Languages,
  LogOut,
  type LucideIcon,
  Moon,
  Pencil,
  Phone,
  Plus,
  Redo2,
  Sun,
  Table2,
  Undo2,
} from "lucide-react";
import { api } from "@/api/calls";
import { may } from "@/api/catalog";
import { end, useSession } from "@/api/session";
import type { Catalog, Entity, Id, RecordValues, SearchAnswer, SearchHit, Session } from "@/api/types";
import { labelOf } from "@/fields/options";
import { isMasked, isReference, plainText } from "@/fields/widget";
import { currentLocale, pluralOf, textOf } from "@/i18n";
import { phoneOf } from "@/records/detail/card";
import { recentRecords } from "@/records/detail/recent";
import { rowsOf } from "@/records/grid/row-store";
import { exportList } from "@/records/list/export-menu";
import { redoLast, undoLast } from "@/records/undo";
import { useAllViews } from "@/records/views/use-views";
import { sayDue } from "@/ui/days";
import type { Layer } from "@/ui/layer";
import type { Place } from "@/ui/marked";
import { useLook } from "@/ui/theme";
import { useSetLanguage } from "../root";
import { bestFirst, fits, metIn } from "./palette-match";
import WORDS from "./palette-words.json";
import { entityIcon, orderedEntities, settingsPlace, splitEntities, todayPlace, workPlaces } from "./places";

export interface Entry {
  key: string;
  group: string;
  icon: LucideIcon;
  title: string;
  /** The letters by which it was found. */
  titleMet?: Place[];
  note?: string;
  noteMet?: Place[];
  to?: string;
  search?: Record<string, unknown>;
  /** What the page is to do when it opens. */
  state?: { creating?: true; writing?: true; dating?: true };
  record?: { entity: string; id: Id };
  run?: () => void;
  /** The palette stays, to tell whether this name or number is in the ledger already. */
  check?: string;
  /** A number to call. */
  href?: string;
  /** Other words by which it is found: pinyin, initials, English. */
  words?: string;
  /** The key that does the same. */
  keys?: string;
  /** Of a customer: the grade stands before the name, when it is due and whose it is behind. */
  grade?: { key: string; label: string };
  due?: string;
  owner?: string;
}

const MOST_RECENT = 6;

/** Chinese and English words of an entry that is always there, with pinyin and initials of the Chinese ones. */
const words = (key: keyof typeof WORDS): string => WORDS[key].join(" ");

const FACTS = ["grade", "next_follow_up", "owner", "mobile", "primary_contact_method", "office_phone"];

/** What tells customers apart at a glance, of those that were found: one question for all of them. */
function useFacts(customer: Entity | undefined, records: Entry[]): Map<Id, RecordValues> {
  const ids = records.flatMap(({ record }) => (record?.entity === "customer" ? record.id : []));
  const select = FACTS.filter((key) => customer?.fields.some((field) => field.key === key));
  const answer = useQuery({
    queryKey: ["palette-facts", ids.join(), select.join()],
    queryFn: ({ signal }) =>
      api.query(
        "customer",
        { select, where: { field: "id", op: "in", value: ids }, limit: ids.length },
        signal,
      ),
    enabled: ids.length > 0 && select.length > 0,
    placeholderData: (before) => before,
  }).data;
  return new Map((answer ? rowsOf(answer.columns, answer.rows) : []).map((row) => [row.id, row.values]));
}

/** A customer's grade, since when it waits, and whose it is. */
export function factsOf(values: RecordValues): Pick<Entry, "grade" | "due" | "owner"> {
  const grade = plainText(values.grade);
  const due = values.next_follow_up ? sayDue(plainText(values.next_follow_up)) : null;
  return {
    grade: grade ? { key: grade, label: labelOf("customer", "grade", grade) } : undefined,
    due: due?.late ? due.text : undefined,
    owner: isReference(values.owner) ? values.owner.label : values.owner === null ? t`公海` : undefined,
  };
}

export function useEntries(
  catalog: Catalog | undefined,
  typed: string,
  { hits, people }: SearchAnswer,
  subject: Id | null,
  onLayer: (layer: Layer) => void,
): Entry[] {
  const { isDark, setAppearance } = useLook();
  const session = useSession().data;
  const setLanguage = useSetLanguage();
  const views = useAllViews();
  const nameOf = (key: string) =>
    textOf(catalog?.entities.find((entity) => entity.key === key)?.label) || key;

  const records: Entry[] = typed
    ? hits.map((hit) => ({
        key: `hit:${hit.entity}:${hit.id}`,
        group: nameOf(hit.entity),
        icon: entityIcon(hit.entity),
        title: hit.title,
        titleMet: metOf(hit, hit.title),
        ...noteOf(hit),
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
  const customer = catalog?.entities.find((entity) => entity.key === "customer");
  const facts = useFacts(customer, records);
  for (const entry of records)
    if (entry.record?.entity === "customer")
      Object.assign(entry, factsOf(facts.get(entry.record.id) ?? { owner: undefined }));

  const colleagues: Entry[] = people.map((person) => ({
    key: `person:${person.id}`,
    group: t`同事`,
    icon: entityIcon("user"),
    title: person.name,
    titleMet: person.met,
    note: t`看归他的客户`,
    to: "/list/customer",
    search: { where: { field: "owner", op: "eq", value: person.id } },
  }));
  const group = t`操作`;
  const task = catalog?.entities.find((entity) => entity.key === "task");
  const mayAdd = (key: string) =>
    may(
      catalog?.entities.find((entity) => entity.key === key),
      "create",
    );
  const actions: Entry[] = [
    ...(mayAdd("customer")
      ? [
          {
            key: "quick",
            group,
            icon: ClipboardPaste,
            title: t`快速录入客户`,
            words: words("quick"),
            keys: "N",
            run: () => onLayer("quick-entry"),
          },
        ]
      : []),
    ...(mayAdd("customer")
      ? [{ key: "check", group, icon: CopyCheck, title: t`撞单查询`, words: words("check"), check: "" }]
      : []),
    ...(mayAdd("interaction")
      ? [
          {
            key: "new-interaction",
            group,
            icon: Pencil,
            title: t`记一笔跟进`,
            words: words("new-interaction"),
            to: "/list/interaction",
            state: { creating: true as const },
          },
        ]
      : []),
    ...(may(customer, "export")
      ? [
          {
            key: "export",
            group,
            icon: Download,
            title: t`导出全部客户`,
            words: words("export"),
            run: () => void exportList({ entity: "customer", format: "xlsx" }),
          },
        ]
      : []),
    {
      key: "undo",
      group,
      icon: Undo2,
      title: t`撤销上一步`,
      words: words("undo"),
      keys: "Ctrl Z",
      run: () => void undoLast(),
    },
    {
      key: "redo",
      group,
      icon: Redo2,
      title: t`重做上一步`,
      words: words("redo"),
      keys: "Ctrl Y",
      run: () => void redoLast(),
    },
    {
      key: "notices",
      group,
      icon: Bell,
      title: t`看通知`,
      words: words("notices"),
      run: () => onLayer("notices"),
    },
    {
      key: "keys",
      group,
      icon: Keyboard,
      title: t`看所有按键`,
      words: words("keys"),
      keys: "?",
      run: () => onLayer("keys"),
    },
    {
      key: "look",
      group,
      icon: isDark ? Sun : Moon,
      title: isDark ? t`换成浅色` : t`换成深色`,
      words: words("look"),
      run: () => setAppearance(isDark ? "light" : "dark"),
    },
    {
      key: "language",
      group,
      icon: Languages,
      title: t`换语言`,
      words: words("language"),
      run: () => setLanguage(currentLocale() === "en" ? "zh-CN" : "en"),
    },
    {
      key: "logout",
      group,
      icon: LogOut,
      title: t`退出登录`,
      words: words("logout"),
      run: () => void end(),
    },
  ];
  // For these the list opens with an empty form; shown once one looks for it, as there are as many as lists.
  const adding: Entry[] = splitEntities(catalog)
    .main.filter((entity) => may(entity, "create"))
    .map((entity) => ({
      key: `new:${entity.key}`,
      group,
      icon: Plus,
      title: t`新建${textOf(entity.label)}`,
      words: addingWords(entity),
      to: `/list/${entity.key}`,
      state: { creating: true },
    }));
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
      words: words((place.mark?.split(":")[0] ?? place.to) as keyof typeof WORDS),
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
  if (!typed) return [...records, ...actions, ...places];
  const about = actionsFor(
    records.find(({ record }) => record?.entity === "customer" && record.id === subject),
    customer,
    facts,
    mayAdd("interaction"),
    may(task, "create") && may(task, "update"),
  );
  const check = actions.find(({ key }) => key === "check");
  const checking: Entry[] =
    check && tellsApart(typed) && fits(check, typed) === 0
      ? [{ ...check, title: t`撞单查询「${typed}」`, note: t`只告诉你有没有，不显示资料`, check: typed }]
      : [];
  const last = records.findLastIndex(({ record }) => record?.entity === "customer") + 1;
  const rest = [...saved, ...adding, ...actions, ...places, ...parts];
  return [
    ...records.slice(0, last),
    ...about,
    ...records.slice(last),
    ...colleagues,
    ...bestFirst(rest, typed).map((entry) => ({ ...entry, titleMet: metIn(entry, typed) })),
    ...checking,
  ];
}

/** What one does most with the customer that is marked in the list. */
function actionsFor(
  entry: Entry | undefined,
  customer: Entity | undefined,
  facts: Map<Id, RecordValues>,
  mayWrite: boolean,
  mayDate: boolean,
): Entry[] {
  if (!entry?.record || !customer) return [];
  const group = t`对「${entry.title}」`;
  const phone = phoneOf(customer, facts.get(entry.record.id) ?? {});
  return [
    ...(mayWrite
      ? [
          {
            key: "write",
            group,
            icon: Pencil,
            title: t`写跟进`,
            keys: "F",
            to: entry.to,
            state: { writing: true as const },
          },
        ]
      : []),
    ...(phone && !isMasked(phone)
      ? [{ key: "call", group, icon: Phone, title: t`呼叫`, note: phone, href: `tel:${phone}` }]
      : []),
    ...(mayDate && customer.fields.some((field) => field.key === "next_follow_up")
      ? [
          {
            key: "date",
            group,
            icon: CalendarClock,
            title: t`改下次跟进`,
            keys: "D",
            to: entry.to,
            state: { dating: true as const },
          },
        ]
      : []),
  ];
}

/** How one asks for a new record of a kind: 新建订单, xinjiandingdan, xjdd, new order. */
function addingWords(entity: Entity): string {
  const [sound = "", initials = ""] = (entity.sound ?? "").split(" ");
  return `${words("new")} xinjian${sound} xj${initials} ${sound} ${initials} new ${entity.key}`;
}

/** What stands on the page of the settings, under the words by which one looks for it; only what this person may. */
export function settingsParts(session: Session | null | undefined): Pick<Entry, "title" | "words" | "to">[] {
  const allowed = (right: string) => session?.permissions.includes(`ledger:${right}`) ?? false;
  const parts: [boolean, string, keyof typeof WORDS, string?][] = [
    [true, t`语言和外观`, "look-part"],
    [true, t`改密码`, "password"],
    [true, t`手机使用`, "phone", "/phone"],
    [true, t`程序用的令牌`, "token"],
    [allowed("accounts"), t`同事和账号`, "people"],
    [allowed("catalog"), t`对象和字段`, "designer", "/designer/customer"],
    [allowed("backup"), t`备份`, "backup"],
  ];
  return parts
    .filter(([may]) => may)
    .map(([, title, key, to = "/settings"]) => ({ title, words: words(key), to }));
}

/** What was found where the name does not say it, like the number whose end was typed; then what stands under the name. */
export function noteOf(hit: SearchHit): Pick<Entry, "note" | "noteMet"> {
  const found = hit.matched.find(({ text }) => !hit.title.includes(text) && text !== hit.subtitle);
  const note = [found?.text, hit.subtitle].filter(Boolean).join(NEXT);
  const after = found ? [...`${found.text}${NEXT}`].length : 0;
  const below = metOf(hit, hit.subtitle).map(([from, before]): Place => [from + after, before + after]);
  return { note: note || undefined, noteMet: [...(found?.met ?? []), ...below] };
}

const NEXT = " · ";

/** The letters of a text of a hit by which it was found. */
const metOf = (hit: SearchHit, shown: string | null): Place[] =>
  hit.matched.find(({ text }) => text === shown)?.met ?? [];

const PHONE = /^\+?[\d\s-]{7,}$/;
const CREDIT_CODE = /^[0-9A-Z]{18}$/i;
const NAME = /\p{Script=Han}.*\p{Script=Han}/u;

/** Whether a text can tell customers apart: two Chinese characters, a number long enough to call, a credit code. */
export const tellsApart = (typed: string): boolean =>
  [NAME, PHONE, CREDIT_CODE].some((form) => form.test(typed));

/** A name or number as the values of a customer that are compared with the ledger, of those that one may write. */
export function comparedOf(customer: Entity | undefined, typed: string): RecordValues {
  const keys = CREDIT_CODE.test(typed)
    ? ["credit_code"]
    : PHONE.test(typed)
      ? ["mobile", "office_phone"]
      : ["name"];
  const fields = customer?.fields.filter((field) => keys.includes(field.key) && !field.read_only) ?? [];
  return Object.fromEntries(fields.map((field) => [field.key, typed]));
}
