import type { Label } from "@/api/types";

/** A name in both languages, as it is being typed. */
export interface Names {
  chinese: string;
  english: string;
}

export const namesOf = (label: Label): Names =>
  typeof label === "string"
    ? { chinese: label, english: label }
    : { chinese: label["zh-CN"] ?? "", english: label.en ?? "" };

/** The label that names make; without an English one the Chinese stands for it. The plural of an English name that
 * stays as it was `before` stays too. */
export function labelOf({ chinese, english }: Names, before?: Label): Record<string, string> {
  const en = english.trim() || chinese.trim();
  const many = typeof before === "object" && before.en === en ? before.many : undefined;
  return { "zh-CN": chinese.trim(), en, ...(many ? { many } : {}) };
}
