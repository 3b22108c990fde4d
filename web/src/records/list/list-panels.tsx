// The contents of the menus of a list: loaded when one is opened.
import { t } from "@lingui/core/macro";
import { Button, Checkbox, Input, Select } from "antd";
import { ArrowDown, ArrowUp, Plus, X } from "lucide-react";
import { type KeyboardEvent, useRef, useState } from "react";
import type { Entity, Field, Sort } from "@/api/types";
import { textOf } from "@/i18n";
import { sentenceOf as filterSentence, toFilter, toWhere } from "../filter/conditions";
import { FilterPanel } from "../filter/filter-panel";
import { listable } from "./columns";
import { FAMILIES, type Family, MOST_RULES, type RowRule, writeSort } from "./params";
import { RuleBar } from "./rule-bar";
import { isGroupable } from "./use-groups";

const MOST_SORTS = 5;

/** The field whose values part the rows, found by its name. */
export function GroupPanel({
  entity,
  group,
  onPick,
}: {
  entity: Entity;
  group: Field | undefined;
  onPick: (key: string) => void;
}) {
  const [text, setText] = useState("");
  const sought = text.trim().toLowerCase();
  const fields = entity.fields
    .filter(isGroupable)
    .map((field) => ({ key: field.key, label: textOf(field.label) }))
    .filter(({ label }) => label.toLowerCase().includes(sought));
  const all = sought ? fields : [{ key: "", label: t`不分组` }, ...fields];
  const list = useRef<HTMLDivElement>(null);
  const step = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const lines = [...(list.current?.children ?? [])] as HTMLElement[];
    if (!by || lines.length === 0) return;
    event.preventDefault();
    const at = lines.indexOf(document.activeElement as HTMLElement);
    lines[Math.min(Math.max(at + by, 0), lines.length - 1)]?.focus();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrows go from the search to the lines inside
    <div className="stack" style={{ width: 240 }} data-testid="group-panel" onKeyDown={step}>
      <Input
        value={text}
        onChange={(event) => setText(event.target.value)}
        onPressEnter={() => sought && fields[0] && onPick(fields[0].key)}
        placeholder={t`找字段`}
        aria-label={t`找字段`}
        allowClear
      />
      <div ref={list} className="column-list">
        {all.map(({ key, label }) => (
          <button
            key={key}
            type="button"
            className="group-line"
            aria-pressed={(group?.key ?? "") === key}
            data-testid={`group-${key || "none"}`}
            onClick={() => onPick(key)}
          >
            {label}
          </button>
        ))}
      </div>
    </div>
  );
}

/** Several keys of order, the first counts most. */
export function SortPanel({
  entity,
  sort,
  onChange,
}: {
  entity: Entity;
  sort: Sort[];
  onChange: (sort: string) => void;
}) {
  const sortable = entity.fields.filter((field) => field.sortable !== false);
  const set = (next: Sort[]) => onChange(writeSort(next));
  const put = (at: number, item: Sort) => set(sort.map((one, index) => (index === at ? item : one)));
  return (
    <div className="stack sort-panel" data-testid="sort-panel">
      {sort.length === 0 ? <span className="quiet">{t`现在按录入先后排`}</span> : null}
      {sort.map((item, at) => (
        <div key={item.field} className="sort-line">
          <span className="quiet small">{at === 0 ? t`先按` : t`再按`}</span>
          <Select
            aria-label={t`字段`}
            className="grow"
            showSearch={{ optionFilterProp: "label" }}
            value={item.field}
            options={sortable
              .filter((field) => field.key === item.field || !sort.some((one) => one.field === field.key))
              .map((field) => ({ value: field.key, label: textOf(field.label) }))}
            onChange={(field) => put(at, { ...item, field })}
          />
          <Button
            icon={item.order === "asc" ? <ArrowUp size={14} /> : <ArrowDown size={14} />}
            onClick={() => put(at, { ...item, order: item.order === "asc" ? "desc" : "asc" })}
          >
            {item.order === "asc" ? t`升序` : t`降序`}
          </Button>
          <Button
            type="text"
            aria-label={t`去掉这一行`}
            icon={<X size={14} />}
            onClick={() => set(sort.filter((_, index) => index !== at))}
          />
        </div>
      ))}
      {sort.length < MOST_SORTS ? (
        <Button
          type="text"
          size="small"
          icon={<Plus size={14} />}
          data-testid="sort-add"
          onClick={() => {
            const next = sortable.find((field) => !sort.some((one) => one.field === field.key));
            if (next) set([...sort, { field: next.key, order: "asc" }]);
          }}
        >{t`加一个排序`}</Button>
      ) : null}
    </div>
  );
}

function familyName(family: Family): string {
  const names: Record<Family, string> = {
    red: t`红`,
    amb: t`黄`,
    grn: t`绿`,
    blu: t`蓝`,
    pur: t`紫`,
    sla: t`灰`,
  };
  return names[family];
}

function moved(rules: RowRule[], from: number, to: number): RowRule[] {
  const next = rules.filter((_, at) => at !== from);
  const rule = rules[from];
  if (rule) next.splice(to, 0, rule);
  return next;
}

/** Colours of rows by rule; the first rule that fits counts. */
export function RulesPanel({
  entity,
  rules,
  onChange,
}: {
  entity: Entity;
  rules: RowRule[];
  onChange: (rules: RowRule[]) => void;
}) {
  const [editing, setEditing] = useState<number | null>(rules.length === 0 ? 0 : null);
  if (editing !== null) {
    const rule = rules[editing];
    const free = FAMILIES.find((family) => !rules.some((item) => item.family === family)) ?? "sla";
    return (
      <FilterPanel
        entity={entity}
        start={toFilter(rule?.where)}
        onApply={(filter) => {
          const where = toWhere(filter);
          const kept = rule && where ? { ...rule, where } : where ? { where, family: free } : null;
          const others = rules.filter((_, at) => at !== editing);
          others.splice(editing, 0, ...(kept ? [kept] : []));
          onChange(others);
          setEditing(null);
        }}
      />
    );
  }
  return (
    <div className="stack rules-panel" data-testid="rules-panel">
      {rules.length > 1 ? <span className="quiet small">{t`几条都符合时，看最上面的一条`}</span> : null}
      {rules.map((item, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rules have no identity but their place
        <div key={at} className="rule-line" data-testid={`rule-${at}`}>
          <RuleBar family={item.family} at={at} />
          <Select
            aria-label={t`颜色`}
            value={item.family}
            style={{ width: 86 }}
            options={FAMILIES.map((family) => ({
              value: family,
              label: (
                <span className="with-swatch">
                  <i style={{ background: `var(--${family})` }} />
                  {familyName(family)}
                </span>
              ),
            }))}
            onChange={(family: Family) =>
              onChange(rules.map((one, index) => (index === at ? { ...one, family } : one)))
            }
          />
          <button type="button" className="link-button grow" onClick={() => setEditing(at)}>
            {filterSentence(entity, toFilter(item.where))}
          </button>
          {at > 0 ? (
            <Button
              type="text"
              aria-label={t`这条规则往上`}
              icon={<ArrowUp size={14} />}
              onClick={() => onChange(moved(rules, at, at - 1))}
            />
          ) : null}
          {at < rules.length - 1 ? (
            <Button
              type="text"
              aria-label={t`这条规则往下`}
              icon={<ArrowDown size={14} />}
              onClick={() => onChange(moved(rules, at, at + 1))}
            />
          ) : null}
          <Button
            type="text"
            aria-label={t`去掉这条规则`}
            icon={<X size={14} />}
            onClick={() => onChange(rules.filter((_, index) => index !== at))}
          />
        </div>
      ))}
      {rules.length < MOST_RULES ? (
        <Button
          type="text"
          size="small"
          icon={<Plus size={14} />}
          onClick={() => setEditing(rules.length)}
        >{t`加一条规则`}</Button>
      ) : null}
    </div>
  );
}

/** Which fields stand in the list and in which order; dragging the headers orders them too. */
export function ColumnPanel({
  entity,
  shown,
  onChange,
}: {
  entity: Entity;
  shown: string[];
  onChange: (keys: string[] | null) => void;
}) {
  const [text, setText] = useState("");
  const fields = entity.fields.filter(listable);
  const place = (key: string) => (shown.includes(key) ? shown.indexOf(key) : shown.length);
  const found = fields
    .filter((field) => textOf(field.label).toLowerCase().includes(text.trim().toLowerCase()))
    .sort((a, b) => place(a.key) - place(b.key));
  const move = (key: string, step: number) => {
    const next = shown.filter((one) => one !== key);
    next.splice(shown.indexOf(key) + step, 0, key);
    onChange(next);
  };
  return (
    <div className="stack" style={{ width: 280 }} data-testid="column-menu">
      <Input
        value={text}
        onChange={(event) => setText(event.target.value)}
        placeholder={t`找字段`}
        aria-label={t`找字段`}
        allowClear
      />
      <div className="column-list">
        {found.map((field) => {
          const label = textOf(field.label);
          const at = shown.indexOf(field.key);
          return (
            <div key={field.key} className="column-line">
              <Checkbox
                data-testid={`column-${field.key}`}
                checked={at >= 0}
                disabled={shown.length === 1 && at === 0}
                onChange={(event) =>
                  onChange(
                    event.target.checked ? [...shown, field.key] : shown.filter((key) => key !== field.key),
                  )
                }
              >
                {label}
              </Checkbox>
              {at > 0 ? (
                <button type="button" aria-label={t`「${label}」往前`} onClick={() => move(field.key, -1)}>
                  <ArrowUp size={12} />
                </button>
              ) : null}
              {at >= 0 && at < shown.length - 1 ? (
                <button type="button" aria-label={t`「${label}」往后`} onClick={() => move(field.key, 1)}>
                  <ArrowDown size={12} />
                </button>
              ) : null}
            </div>
          );
        })}
      </div>
      <Button size="small" onClick={() => onChange(null)}>{t`恢复默认的列`}</Button>
    </div>
  );
}
