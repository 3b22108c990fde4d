// Which fields a form shows, in which sections, and which of them must be filled.
import { cachedCatalog } from "@/api/catalog";
import type { Entity, Field, RecordValues } from "@/api/types";
import { isWritable } from "@/fields/registry";
import { currentLocale } from "@/i18n";

export interface Section {
  title: string;
  fields: Field[];
}

/** Fields that only companies or only persons have follow the record's kind. */
export function appliesTo(field: Field, values: RecordValues): boolean {
  const kind = values.kind;
  if (!field.applies_to || field.applies_to === "both" || !kind) return true;
  return field.applies_to === kind;
}

/** A default that the server works out, such as today or the caller. */
const isRule = (value: Field["default"]): boolean => typeof value === "object" && value !== null;

/** `won,lost` looks at the stage or status, `result=correct,updated` at the field that it names. */
function atStage(rule: string, values: RecordValues): boolean {
  const [name, keys] = rule.includes("=") ? rule.split("=") : [undefined, rule];
  const wanted = (keys ?? "").split(",");
  const names = name ? [name] : ["stage", "status"];
  return names.some((key) => wanted.includes(String(values[key] ?? "")));
}

export function isRequired(field: Field, values: RecordValues): boolean {
  // What a rule fills is never asked for.
  if (field.derived || field.type === "autonumber" || isRule(field.default)) return false;
  if (field.required === true || field.required === "always") return true;
  if (field.required === "for_enterprise") return values.kind === "enterprise";
  if (typeof field.required === "string" && field.required.startsWith("at_stage:"))
    return atStage(field.required.slice("at_stage:".length), values);
  return false;
}

/** Sections are named in Chinese; the catalog knows their English names. */
function sectionTitle(section: string | null): string {
  if (!section || currentLocale() === "zh-CN") return section ?? "";
  const known = cachedCatalog()?.settings?.sections?.find(([chinese]) => chinese === section);
  return known?.[1] ?? section;
}

/** Fields by section, in the order of the catalog. */
export function sectionsOf(fields: Field[]): Section[] {
  const sections: Section[] = [];
  for (const field of fields) {
    const title = sectionTitle(field.section);
    const section = sections.find((item) => item.title === title);
    if (section) section.fields.push(field);
    else sections.push({ title, fields: [field] });
  }
  return sections;
}

/** Numbers that the ledger gives by itself are not asked for. */
const GIVEN = ["autonumber", "file"];

export function formFields(entity: Entity, values: RecordValues, creating: boolean): Field[] {
  return entity.fields.filter(
    (field) => isWritable(field) && appliesTo(field, values) && !(creating && GIVEN.includes(field.type)),
  );
}

/** Values that a new record begins with: the plain defaults of the catalog, so that the form shows them. */
export function startValues(entity: Entity): RecordValues {
  const plain = entity.fields.filter(
    (field) =>
      isWritable(field) && !field.derived && field.default !== null && typeof field.default !== "object",
  );
  return Object.fromEntries(plain.map((field) => [field.key, field.default as RecordValues[string]]));
}
