import { t } from "@lingui/core/macro";
import type { Entity, RecordAnswer, Relation } from "@/api/types";
import { titleField } from "@/fields/references";
import { plainText } from "@/fields/widget";
import { RelatedList } from "./related-list";

// Their content stands in the timeline and in the band.
const ELSEWHERE = ["interaction"];
const OFTEN = ["contacts", "orders", "contracts", "payments", "tickets", "tasks", "addresses", "lines"];

/** Relations in the order of use. */
export function shownRelations(entity: Entity): Relation[] {
  const place = (relation: Relation) => {
    const at = OFTEN.indexOf(relation.key);
    return at < 0 ? OFTEN.length : at;
  };
  return (entity.relations ?? [])
    .filter((relation) => entity.key !== "customer" || !ELSEWHERE.includes(relation.entity))
    .sort((a, b) => place(a) - place(b));
}

export function Related({ entity, answer }: { entity: Entity; answer: RecordAnswer }) {
  const title = plainText(answer.record[titleField(entity.key)]);
  const relations = shownRelations(entity);
  return relations.map((relation) => (
    <RelatedList
      key={relation.key}
      relation={relation}
      shared={relations.filter((other) => other.entity === relation.entity).length > 1}
      parent={{ id: answer.id, label: title }}
    />
  ));
}

interface TabsProps {
  part: string;
  onPart: (part: string) => void;
}

/** On narrow screens the parts of a record lie behind tabs: the timeline first. */
export function RelatedTabs({ part, onPart }: TabsProps) {
  const tabs = [
    ["timeline", t`跟进`],
    ["about", t`资料`],
  ] as const;
  return (
    <div className="record-tabs" role="tablist">
      {tabs.map(([key, label]) => (
        <button
          key={key}
          type="button"
          role="tab"
          aria-selected={part === key}
          onClick={() => onPart(key)}
          data-testid={`part-${key}`}
        >
          {label}
        </button>
      ))}
    </div>
  );
}
