import { t } from "@lingui/core/macro";
import type { Operation } from "@/api/types";

/** The origins that one looks for. */
export const ORIGINS = ["form", "bulk", "import", "merge", "undo", "catalog", "rule", "api", "command_line"];

/** Where a change came from, in words. */
export function originText(origin: string): string {
  const words: Record<string, string> = {
    form: t`页面`,
    api: t`接口`,
    import: t`导入`,
    bulk: t`批量`,
    undo: t`撤销`,
    catalog: t`字段设置`,
    rule: t`规则`,
    command_line: t`命令行`,
    setup: t`建账`,
    restore: t`恢复备份`,
    merge: t`合并`,
  };
  return words[origin] ?? origin;
}

/** A state worth telling; nothing for a set that simply holds. */
export function stateText(state: string | undefined): string {
  const words: Record<string, string> = {
    applying: t`进行中`,
    undoing: t`撤销中`,
    undone: t`已撤销`,
    failed: t`中断`,
  };
  return (state && words[state]) || "";
}

export function operationText(operation: Operation): string {
  return { create: t`新建`, update: t`修改`, delete: t`删除` }[operation];
}
