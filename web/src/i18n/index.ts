// The language of the page. Source texts are Chinese; catalogues are loaded one language at a time.
import { i18n, type Messages } from "@lingui/core";
import { setApiLanguage } from "@/api/client";
import type { Label } from "@/api/types";
import { recall, remember } from "@/lib/storage";

export type Locale = "zh-CN" | "en";
export const LOCALES: Locale[] = ["zh-CN", "en"];

const TEXTS: Record<Locale, () => Promise<{ messages: Messages }>> = {
  "zh-CN": () => import("./zh-CN"),
  en: () => import("./en"),
};

const known = (text: string | null | undefined): Locale | null => {
  if (!text) return null;
  if (text.toLowerCase().startsWith("zh")) return "zh-CN";
  return text.toLowerCase().startsWith("en") ? "en" : null;
};

/** The user's own choice, else the user's setting on the server, else the browser's, else Chinese. */
export function preferredLocale(fromServer?: string | null): Locale {
  const browser = navigator.languages.map(known).find((locale) => locale !== null);
  return known(recall<string>("locale")) ?? known(fromServer) ?? browser ?? "zh-CN";
}

export function chooseLocale(locale: Locale): Promise<void> {
  remember("locale", locale);
  return activate(locale);
}

/** Loads the texts of a language and speaks it from now on. */
export async function activate(locale: Locale): Promise<void> {
  const { messages } = await TEXTS[locale]();
  i18n.loadAndActivate({ locale, messages });
  document.documentElement.lang = locale;
  setApiLanguage(locale);
}

export const currentLocale = (): Locale => (i18n.locale === "en" ? "en" : "zh-CN");

/** What several of an entity are called, as lists are: English has a plural, unless the firm named the entity itself. */
export function pluralOf(label: Label | null | undefined): string {
  const many = currentLocale() === "en" && label && typeof label === "object" ? label.many : undefined;
  return many ?? textOf(label);
}

/** A label of the catalog in the reader's language. */
export function textOf(label: Label | null | undefined): string {
  if (label == null) return "";
  if (typeof label === "string") return label;
  return label[currentLocale()] ?? label["zh-CN"] ?? Object.values(label)[0] ?? "";
}
