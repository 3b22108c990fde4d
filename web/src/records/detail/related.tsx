import { t } from "@lingui/core/macro";
import type { Entity, RecordAnswer } from "@/api/types";
import { titleField } from "@/fields/references";
import { plainText } from "@/fields/widget";
import { pluralOf } from "@/i18n";
import { sentenceOf } from "@/ui/errors";
import { MOST, ROWS, shownRelations } from "./reading";
import { RelatedList, useRelated } from "./related-list";

interface Props {
  entity: Entity;
  answer: RecordAnswer;
}

const parentOf = ({ entity, answer }: Props) => ({
  id: answer.id,
  label: plainText(answer.record[titleField(entity.key)]),
});

/** A few records of every relation, or all of the one whose tab is open. */
export function Related({ only, ...props }: Props & { only: string }) {
  const relations = shownRelations(props.entity);
  const chosen = relations.filter((relation) => relation.key === only);
  const whole = chosen.length > 0;
  const asked = whole ? chosen : relations;
  const { lists, error } = useRelated(props.entity, props.answer.id, asked, whole ? MOST : ROWS);
  return (
    <div className="related-all">
      {error ? <p className="danger-text">{sentenceOf(error)}</p> : null}
      {asked.map((relation) => (
        <RelatedList
          key={relation.key}
          relation={relation}
          shared={relations.filter((other) => other.entity === relation.entity).length > 1}
          parent={parentOf(props)}
          rows={lists[relation.key]}
          whole={whole}
        />
      ))}
    </div>
  );
}

interface TabsProps extends Props {
  /** There is no room for the timeline beside the rest: it is a part like the others, and the first. */
  narrow: boolean;
  part: string;
  onPart: (part: string) => void;
}

/** The parts of a record: its values, and every relation that has records. */
export function RelatedTabs({ entity, answer, narrow, part, onPart }: TabsProps) {
  const relations = shownRelations(entity);
  const { lists } = useRelated(entity, answer.id, relations, ROWS);
  const tab = (key: string, label: string, count?: string) => (
    <Tab key={key} name={key} label={label} count={count} isOpen={part === key} onOpen={() => onPart(key)} />
  );
  return (
    <div className="record-tabs" role="tablist" aria-label={t`这条记录的各部分`}>
      {narrow ? tab("timeline", t`跟进`) : null}
      {tab("about", t`资料`)}
      {relations.map(({ key, label }) => {
        const count = lists[key]?.count;
        return count && count.value > 0
          ? tab(key, pluralOf(label), `${count.value}${count.exact ? "" : "+"}`)
          : null;
      })}
    </div>
  );
}

interface TabProps {
  isOpen: boolean;
  onOpen: () => void;
}

function Tab({
  name,
  label,
  count,
  isOpen,
  onOpen,
}: TabProps & { name: string; label: string; count?: string }) {
  return (
    <button type="button" role="tab" aria-selected={isOpen} onClick={onOpen} data-testid={`part-${name}`}>
      {label}
      {count ? <span className="quiet"> {count}</span> : null}
    </button>
  );
}
