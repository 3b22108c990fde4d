import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { api } from "@/api/calls";
import type { Session } from "@/api/types";
import { PageHeader } from "@/ui/page";
import { BackupPart } from "./backup-part";
import { PasswordPart } from "./password-part";

/** What a person sets for himself, and the backup for who looks after the ledger. */
export function SettingsPage() {
  const session = useQuery<Session | null>({
    queryKey: ["me"],
    queryFn: api.me,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const ready = useQuery({ queryKey: ["ready"], queryFn: api.ready, staleTime: Number.POSITIVE_INFINITY });
  return (
    <div className="page" data-testid="settings-page">
      <PageHeader title={t`设置`} facts={ready.data ? `Kehu ${ready.data.version}` : null} />
      <div className="page-body stack" style={{ maxWidth: 520 }}>
        <PasswordPart />
        {session.data?.roles.includes("admin") ? <BackupPart /> : null}
      </div>
    </div>
  );
}
