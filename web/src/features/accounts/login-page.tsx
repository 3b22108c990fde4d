import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "@/api/calls";
import { LoginForm } from "./login-form";
import "./accounts.css";

/** The way in. It says nothing of the firm: whoever is in the network may see it. */
export function LoginPage({ onLogin }: { onLogin: (name: string, password: string) => Promise<void> }) {
  const ready = useQuery({ queryKey: ["ready"], queryFn: api.ready, staleTime: Number.POSITIVE_INFINITY });
  const [forgot, setForgot] = useState(false);
  return (
    <main className="entrance">
      <div className="login">
        <span className="seal" aria-hidden>
          {t`客`}
        </span>
        <h1>{t`Kehu 客户台账`}</h1>
        <p className="quiet small">{t`这台电脑：${window.location.origin}`}</p>
        <LoginForm onLogin={onLogin} />
        {forgot ? (
          <p className="quiet small" role="status">
            {t`让管理员在「设置」的「同事和角色」里给你设一个新的。管理员自己忘了，在装 Kehu 的那台电脑上运行 kehu user passwd`}
          </p>
        ) : (
          <button type="button" className="link-button small" onClick={() => setForgot(true)}>
            {t`忘记密码`}
          </button>
        )}
      </div>
      <footer className="entrance-foot quiet small">
        {ready.data ? `Kehu ${ready.data.version}` : ""} · {t`不联网也能用，数据只在你自己的电脑上`}
      </footer>
    </main>
  );
}
