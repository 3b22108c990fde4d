// A change in two steps: what it would do is told, then it is made. Into a draft it goes at once.
import { t } from "@lingui/core/macro";
import { Button } from "antd";
import { type ReactNode, useState } from "react";
import type { Entity } from "@/api/types";
import { sentenceOf } from "@/ui/errors";
import { type Change, foretell } from "./changes";
import { useCatalogDraft } from "./draft";

interface Plan {
  /** Asks what changes would do; `told` is said once they are made. */
  consider: (changes: Change[], told: string) => Promise<void>;
  busy: boolean;
  /** What would happen, with the button that makes it so; nothing while nothing is planned. */
  consequence: ReactNode;
  failure: ReactNode;
}

export function usePlan(nothing: string, onMade: (entities: Entity[]) => void): Plan {
  const draft = useCatalogDraft();
  const [plan, setPlan] = useState<{ changes: Change[]; effects: string[]; told: string } | null>(null);
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);
  const run = async (work: () => Promise<void>) => {
    setBusy(true);
    setFault("");
    try {
      await work();
    } catch (error) {
      setFault(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  const make = () =>
    run(async () => {
      if (!plan) return;
      const entities = await draft.make(plan.changes, plan.told);
      setPlan(null);
      onMade(entities);
    });
  return {
    busy,
    consider: (changes, told) =>
      run(async () => {
        if (changes.length === 0) return;
        if (draft.steps) onMade(await draft.make(changes, told));
        else setPlan({ changes, effects: await foretell(changes), told });
      }),
    consequence: plan ? (
      <div className="consequence" role="status" data-testid="consequence">
        <b>{t`生效后会怎样`}</b>
        {plan.effects.length > 0 ? (
          plan.effects.map((effect) => <p key={effect}>{effect}</p>)
        ) : (
          <p>{nothing}</p>
        )}
        <span className="line">
          <Button
            type="primary"
            loading={busy}
            data-testid="make-changes"
            onClick={() => void make()}
          >{t`生效`}</Button>
          <Button onClick={() => setPlan(null)}>{t`算了`}</Button>
        </span>
      </div>
    ) : null,
    failure: fault ? (
      <p className="danger-text" role="alert">
        {fault}
      </p>
    ) : null,
  };
}
