import { t } from "@lingui/core/macro";
import { ArrowRight } from "lucide-react";
import type { ReactNode } from "react";
import type { Entity, FieldChange, Value } from "@/api/types";
import { showValue } from "@/fields/registry";
import { isEmpty, plainText } from "@/fields/widget";
import { textOf } from "@/i18n";

interface Props {
  entity: Entity | undefined;
  change: FieldChange;
  action?: ReactNode;
}

/** One field before and after. */
export function DiffLine({ entity, change, action }: Props) {
  const field = entity?.fields.find((item) => item.key === change.field);
  const show = (value: Value) => (field ? showValue(field, value) : plainText(value));
  return (
    <div className="diff" data-testid={`diff-${change.field}`}>
      <span className="quiet">{field ? textOf(field.label) : change.field}</span>
      <span className="diff-values">
        {isEmpty(change.before) ? null : <span className="old-value">{show(change.before)}</span>}
        <ArrowRight size={12} aria-label={t`改成`} />
        <span className={isEmpty(change.after) ? "quiet" : "new-value"}>
          {isEmpty(change.after) ? t`空` : show(change.after)}
        </span>
      </span>
      {action}
    </div>
  );
}
