// Parts that pages about entities and fields, new ones and those that are there, have in common.
import { t } from "@lingui/core/macro";
import { Input, Select, Switch } from "antd";
import { type ReactNode, useId, useState } from "react";
import type { Field, Value } from "@/api/types";
import { widgetOf } from "@/fields/registry";
import { currentLocale, textOf } from "@/i18n";
import type { Names } from "./names";

export type Sections = [chinese: string, english: string][];

export function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="labelled">
      <span>{label}</span>
      {children}
    </div>
  );
}

interface NameRowsProps {
  names: Names;
  onNames: (names: Names) => void;
  autoFocus?: boolean;
  testId?: string;
}

export function NameRows({ names, onNames, autoFocus, testId }: NameRowsProps) {
  return (
    <>
      <Row label={t`中文名称`}>
        <Input
          aria-label={t`中文名称`}
          autoFocus={autoFocus}
          maxLength={60}
          data-testid={testId}
          value={names.chinese}
          onChange={(event) => onNames({ ...names, chinese: event.target.value })}
        />
      </Row>
      <Row label={t`英文名称`}>
        <Input
          aria-label={t`英文名称`}
          maxLength={60}
          value={names.english}
          onChange={(event) => onNames({ ...names, english: event.target.value })}
        />
      </Row>
    </>
  );
}

interface PlaceProps {
  sections: Sections;
  section: string;
  onSection: (section: string) => void;
  required: boolean;
  /** Left out where nobody fills the field. */
  onRequired?: (required: boolean) => void;
}

/** Where a field stands, and whether it must be filled. */
export function Place({ sections, section, onSection, required, onRequired }: PlaceProps) {
  return (
    <>
      <Row label={t`放在`}>
        <Select
          aria-label={t`放在`}
          options={sections.map(([zh, en]) => ({ value: zh, label: currentLocale() === "en" ? en : zh }))}
          value={section}
          onChange={onSection}
        />
      </Row>
      {onRequired ? (
        <span className="line">
          <Switch aria-label={t`必填`} checked={required} onChange={onRequired} /> {t`必填`}
        </span>
      ) : null}
    </>
  );
}

/** The field as whoever fills it will see it. What is typed here goes nowhere. */
export function FieldPreview({ field }: { field: Field }) {
  const [value, setValue] = useState<Value>(null);
  const id = useId();
  if (field.derived || field.type === "relation" || field.type === "file") return null;
  const { Input: FieldInput } = widgetOf(field);
  return (
    <section className="field-preview" aria-label={t`填的时候是这样`} data-testid="field-preview">
      <span className="quiet small">{t`填的时候是这样`}</span>
      <div className="labelled">
        <label htmlFor={id} className="quiet small">
          {`${textOf(field.label)}${field.required ? " *" : ""}`}
        </label>
        <FieldInput key={field.type} id={id} field={field} value={value} onChange={setValue} />
      </div>
    </section>
  );
}
