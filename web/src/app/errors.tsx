import { t } from "@lingui/core/macro";
import type { ErrorComponentProps } from "@tanstack/react-router";
import { Button } from "antd";
import { sentenceOf } from "@/ui/errors";
import { Empty } from "@/ui/page";

/** A page that could not be drawn: says so and offers to try again. */
export function Crash({ error, reset }: ErrorComponentProps) {
  return (
    <Empty title={t`这一页没有画出来`}>
      <span className="quiet">{sentenceOf(error)}</span>
      <Button onClick={reset}>{t`再试一次`}</Button>
    </Empty>
  );
}
