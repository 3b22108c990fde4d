import { t } from "@lingui/core/macro";
import { Check } from "lucide-react";

export type Step = "file" | "sheet" | "map" | "check" | "rehearse" | "done";
export const STEPS: Step[] = ["file", "sheet", "map", "check", "rehearse", "done"];

export const stepName = (step: Step): string =>
  ({
    file: t`选文件`,
    sheet: t`表头`,
    map: t`对应字段`,
    check: t`检查`,
    rehearse: t`试运行`,
    done: t`完成`,
  })[step];

interface Props {
  now: Step;
  /** Steps that one may go to from here. */
  open?: Step[];
  onGo?: (step: Step) => void;
  facts?: string;
}

/** Where one is on the way from the file to the ledger. */
export function StepLine({ now, open = [], onGo, facts }: Props) {
  const at = STEPS.indexOf(now);
  return (
    <nav className="step-line" aria-label={t`导入的步骤`}>
      <ol>
        {STEPS.map((step, index) => {
          const done = index < at || now === "done";
          const mark = (
            <>
              <span className={done ? "step-mark done" : "step-mark"}>
                {done ? <Check size={12} strokeWidth={2.5} aria-label={t`做完了`} /> : index + 1}
              </span>
              <span>{stepName(step)}</span>
            </>
          );
          return (
            <li key={step} className={step === now ? "now" : undefined}>
              {open.includes(step) && step !== now ? (
                <button
                  type="button"
                  className="plain-button"
                  data-testid={`step-${step}`}
                  onClick={() => onGo?.(step)}
                >
                  {mark}
                </button>
              ) : (
                <span aria-current={step === now ? "step" : undefined}>{mark}</span>
              )}
            </li>
          );
        })}
      </ol>
      {facts ? <span className="quiet step-facts">{facts}</span> : null}
    </nav>
  );
}
