import { t } from "@lingui/core/macro";
import { Bell } from "lucide-react";
import { seenUntil, unseen, useJobs, useNotices } from "./notices";

/** The bell of the side bar, with how much is new. */
export function NoticesButton({ onOpen }: { onOpen: () => void }) {
  const { notices } = useNotices();
  const running = useJobs().some((job) => job.state !== "ended");
  const count = unseen(notices, seenUntil());
  return (
    <button type="button" className="nav" title={t`通知`} data-testid="nav-notices" onClick={onOpen}>
      <Bell size={16} strokeWidth={1.75} aria-hidden />
      <span className="text">{t`通知`}</span>
      {running ? <span className="running" role="img" aria-label={t`有活在后台做`} /> : null}
      {count > 0 ? <span className="count">{count}</span> : null}
    </button>
  );
}
