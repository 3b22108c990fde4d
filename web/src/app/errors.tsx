import { t } from "@lingui/core/macro";
import type { ErrorComponentProps } from "@tanstack/react-router";
import { Button } from "antd";
import { useEffect, useState } from "react";
import { api } from "@/api/calls";
import { sentenceOf } from "@/ui/errors";
import { Empty } from "@/ui/page";

/** A page that could not be drawn: says so under an id that also stands in the server's log, and offers to try again. */
export function Crash({ error, reset }: ErrorComponentProps) {
  const [report, setReport] = useState<string | null>(null);
  useEffect(() => {
    const told = error instanceof Error ? error : new Error("no error object");
    const place = {
      path: window.location.pathname,
      name: told.name,
      stack: (told.stack ?? "").slice(0, 20_000),
    };
    api.reportCrash(place).then(
      (answer) => setReport(answer.report),
      // The page says what happened either way; without a server there is nobody to tell.
      () => setReport(null),
    );
  }, [error]);
  return (
    <Empty title={t`这一页没有画出来，写过的内容还在`}>
      <span className="quiet">{sentenceOf(error)}</span>
      {report ? (
        <span className="quiet small" data-testid="report-id">{t`报告号 ${report}，服务器的日志里也有`}</span>
      ) : null}
      <Button type="primary" onClick={reset}>{t`再试一次`}</Button>
    </Empty>
  );
}
