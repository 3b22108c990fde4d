import { t } from "@lingui/core/macro";
import type { SumOp } from "./params";

export function sumName(op: SumOp): string {
  const names: Record<SumOp, string> = {
    sum: t`合计`,
    avg: t`平均`,
    min: t`最小`,
    max: t`最大`,
    filled: t`已填`,
    empty: t`没填`,
    distinct: t`不同的`,
  };
  return names[op];
}
