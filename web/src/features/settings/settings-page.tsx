import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api } from "@/api/calls";
import type { Session } from "@/api/types";
import { PageHeader } from "@/ui/page";
import { BackupPart } from "./backup-part";
import { LookPart } from "./look-part";
import { PasswordPart } from "./password-part";
import { PeoplePart } from "./people-part";
import { TokenPart } from "./token-part";
import "./settings.css";

/** What a person sets for himself, and for who looks after the ledger: people, fields, backups. */
export function SettingsPage() {
  const session = useQuery<Session | null>({
    queryKey: ["me"],
    queryFn: api.me,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const ready = useQuery({ queryKey: ["ready"], queryFn: api.ready, staleTime: Number.POSITIVE_INFINITY });
  const allowed = (right: string) => session.data?.permissions.includes(`ledger:${right}`) ?? false;
  return (
    <div className="page" data-testid="settings-page">
      <PageHeader title={t`设置`} facts={ready.data ? `Kehu ${ready.data.version}` : null} />
      <div className="page-body settings">
        <LookPart />
        {allowed("accounts") ? <PeoplePart own={session.data?.user.id ?? 0} /> : null}
        {allowed("catalog") ? (
          <section>
            <h2>{t`对象和字段`}</h2>
            <p className="quiet">{t`加字段、改名称和选项、换分组，改之前先看影响`}</p>
            <span>
              <Link to="/designer/$entity" params={{ entity: "customer" }} data-testid="open-designer">
                {t`改字段`}
              </Link>
            </span>
          </section>
        ) : null}
        <section>
          <h2>{t`手机使用`}</h2>
          <p className="quiet">{t`扫码打开、装证书、放到桌面、断网时看上次的内容`}</p>
          <span>
            <Link to="/phone" data-testid="open-phone">
              {t`在手机上用`}
            </Link>
          </span>
        </section>
        <PasswordPart />
        <TokenPart />
        {allowed("backup") ? <BackupPart /> : null}
      </div>
    </div>
  );
}
