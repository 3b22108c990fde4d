// What a field asks of its values: limits, length, pattern, and for each whether breaking it is refused or only told.
import { t } from "@lingui/core/macro";
import { Input, Select } from "antd";
import type { Entity, Field } from "@/api/types";
import { textOf } from "@/i18n";
import { Row } from "./field-rows";

export type Settings = Record<string, unknown>;

interface Props {
  entity: Entity;
  field: Field;
  settings: Settings;
  onSettings: (settings: Settings) => void;
}

const OWN = "=";
const TODAY = "today";
const DAYS = ["date", "datetime"];
const ALWAYS = ["format", "check_digit"];
const ORDER = ["min", "max", "min_length", "max_length", "regex", ...ALWAYS];

function nameOf(rule: string, days: boolean): string {
  switch (rule) {
    case "min":
      return days ? t`不早于` : t`不小于`;
    case "max":
      return days ? t`不晚于` : t`不大于`;
    case "min_length":
      return t`最少几个字`;
    case "max_length":
      return t`最多几个字`;
    case "regex":
      return t`格式（正则表达式）`;
    case "format":
      return t`写法不对时`;
    default:
      return t`校验位不符时`;
  }
}

/** Settings without what is empty, so that nothing means no rule. */
export function withSetting(settings: Settings, name: string, value: unknown): Settings {
  const next = { ...settings, [name]: value };
  if (value === undefined || value === "") delete next[name];
  const severity = { ...(settings.severity as Record<string, string> | undefined) };
  if (value === undefined && name in severity) {
    delete severity[name];
    next.severity = severity;
  }
  if (Object.keys((next.severity as object | undefined) ?? {}).length === 0) delete next.severity;
  return next;
}

const numberOr = (text: string): unknown =>
  text.trim() === "" ? undefined : Number.isNaN(Number(text)) ? text : Number(text);

export function FieldRules({ entity, field, settings, onSettings }: Props) {
  const known = field.rules ?? [];
  if (known.length === 0 || field.derived) return null;
  const days = DAYS.includes(field.type);
  const rules = ORDER.filter((rule) => known.includes(rule));
  const set = (name: string, value: unknown) => onSettings(withSetting(settings, name, value));
  const severity = (settings.severity as Record<string, string> | undefined) ?? {};
  const comparable = entity.fields.filter(
    (one) => one.type === field.type && one.key !== field.key && !one.derived && one.sensitive !== "secret",
  );
  return (
    <section className="stack" aria-label={t`规则`} data-testid="field-rules">
      <span className="quiet">{t`规则`}</span>
      {rules.map((rule) => {
        const name = nameOf(rule, days);
        const value = settings[rule];
        const there = value !== undefined || ALWAYS.includes(rule);
        return (
          <Row key={rule} label={name}>
            <span className="rule-line">
              {rule === "min" || rule === "max" ? (
                <Limit
                  name={name}
                  days={days}
                  value={value}
                  others={comparable}
                  onValue={(to) => set(rule, to)}
                />
              ) : null}
              {rule === "min_length" || rule === "max_length" ? (
                <Input
                  aria-label={name}
                  inputMode="numeric"
                  value={value === undefined ? "" : String(value)}
                  onChange={(event) => set(rule, numberOr(event.target.value))}
                />
              ) : null}
              {rule === "regex" ? (
                <Input
                  aria-label={name}
                  placeholder="[A-Z]\d{2}"
                  value={(value as string | undefined) ?? ""}
                  onChange={(event) => set(rule, event.target.value || undefined)}
                />
              ) : null}
              {there ? (
                <Select
                  aria-label={t`${name}：违反时`}
                  data-testid={`severity-${rule}`}
                  options={[
                    { value: "refuse", label: t`不让存` },
                    { value: "warn", label: t`只提醒` },
                  ]}
                  value={severity[rule] ?? (rule === "check_digit" ? "warn" : "refuse")}
                  onChange={(level) => onSettings({ ...settings, severity: { ...severity, [rule]: level } })}
                />
              ) : null}
            </span>
          </Row>
        );
      })}
      {known.includes("regex") && settings.regex !== undefined ? (
        <Row label={t`写错时提示要写成`}>
          <Input
            aria-label={t`写错时提示要写成`}
            placeholder={t`一个字母加两位数字`}
            value={hintOf(settings.regex_hint)}
            onChange={(event) => set("regex_hint", event.target.value || undefined)}
          />
        </Row>
      ) : null}
    </section>
  );
}

const hintOf = (hint: unknown): string =>
  hint === undefined ? "" : Array.isArray(hint) ? String(hint[0]) : textOf(hint as string);

interface LimitProps {
  name: string;
  days: boolean;
  value: unknown;
  others: Field[];
  onValue: (value: unknown) => void;
}

/** A limit: a value of its own, today, or another field of the record. */
function Limit({ name, days, value, others, onValue }: LimitProps) {
  const other = typeof value === "object" && value !== null ? (value as { field: string }).field : null;
  const kind =
    value === undefined || value === null ? "" : other !== null ? `.${other}` : value === TODAY ? TODAY : OWN;
  const choose = (to: string) => {
    if (to === "") onValue(undefined);
    else if (to === TODAY) onValue(TODAY);
    else if (to === OWN) onValue(days ? new Date().toISOString().slice(0, 10) : 0);
    else onValue({ field: to.slice(1) });
  };
  return (
    <>
      <Select
        aria-label={t`${name}：和什么比`}
        options={[
          { value: "", label: t`不限` },
          { value: OWN, label: days ? t`一个日期` : t`一个数` },
          ...(days ? [{ value: TODAY, label: t`今天` }] : []),
          ...others.map((one) => ({ value: `.${one.key}`, label: textOf(one.label) })),
        ]}
        value={kind}
        onChange={choose}
      />
      {kind === OWN ? (
        <Input
          aria-label={name}
          type={days ? "date" : "text"}
          inputMode={days ? undefined : "decimal"}
          value={String(value)}
          onChange={(event) => onValue(days ? event.target.value : numberOr(event.target.value))}
        />
      ) : null}
    </>
  );
}
