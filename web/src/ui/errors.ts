import { t } from "@lingui/core/macro";
import { isOffline, Problem } from "@/api/problem";

/** One clear sentence about a failure, in the reader's language. */
export function sentenceOf(error: unknown): string {
  if (isOffline(error)) return t`连不上服务器。内容还在这个页面上，连上后再试一次`;
  if (error instanceof Problem) {
    if (error.status >= 500 && !error.detail)
      return t`服务器出错了，没有保存。再试一次，还不行就看服务器窗口里的提示`;
    if (!error.detail && error.errors.length === 0 && error.message.startsWith("HTTP "))
      return t`没有办成（${error.status}）。再试一次`;
    return error.message;
  }
  return error instanceof Error ? error.message : String(error);
}
