import { t } from "@lingui/core/macro";
import { LoginForm } from "./login-form";
import "./accounts.css";

export function LoginPage({ onLogin }: { onLogin: (name: string, password: string) => Promise<void> }) {
  return (
    <main className="entrance">
      <div className="entrance-card">
        <h1>{t`Kehu 客户台账`}</h1>
        <p className="quiet">{t`不联网也能用，数据只在你自己的电脑上`}</p>
        <LoginForm onLogin={onLogin} />
      </div>
    </main>
  );
}
