import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Button, Input } from "antd";
import { type FormEvent, useState } from "react";
import { api } from "@/api/calls";
import type { Id } from "@/api/types";
import { copyText } from "@/lib/clipboard";
import { sentenceOf } from "@/ui/errors";
import { Banner } from "@/ui/page";
import { toast } from "@/ui/toast";

const DAYS = 90;

/** Tokens with which one's own programs sign in. */
export function TokenPart() {
  const tokens = useQuery({ queryKey: ["tokens"], queryFn: api.tokens });
  const [label, setLabel] = useState("");
  const [made, setMade] = useState("");
  const [failure, setFailure] = useState("");
  const add = async (event: FormEvent) => {
    event.preventDefault();
    setFailure("");
    try {
      setMade((await api.addToken({ label: label.trim(), days: DAYS })).token);
      setLabel("");
      void tokens.refetch();
    } catch (error) {
      setFailure(sentenceOf(error));
    }
  };
  const end = async (id: Id, name: string) => {
    try {
      await api.endToken(id);
      toast(t`已停用令牌「${name}」`);
    } catch (error) {
      toast(sentenceOf(error));
    }
    void tokens.refetch();
  };
  const copy = async () => toast((await copyText(made)) ? t`已复制` : t`浏览器不让复制。选中文字再按 Ctrl C`);
  const items = tokens.data?.items ?? [];
  return (
    <section data-testid="tokens">
      <h2>{t`程序用的令牌`}</h2>
      <p className="quiet">{t`给收银、表格这类程序登录用，权限和你一样，${DAYS} 天后到期`}</p>
      <form className="inline-form" onSubmit={(event) => void add(event)}>
        <Input
          aria-label={t`哪个程序用`}
          placeholder={t`哪个程序用`}
          autoComplete="off"
          value={label}
          onChange={(event) => setLabel(event.target.value)}
        />
        <Button htmlType="submit" disabled={!label.trim()} data-testid="add-token">{t`发一个`}</Button>
      </form>
      {failure ? (
        <p className="danger-text" role="alert">
          {failure}
        </p>
      ) : null}
      {made ? (
        <Banner>
          {t`只显示这一次：`} <code data-testid="token-secret">{made}</code>{" "}
          <button type="button" className="link-button" onClick={() => void copy()}>{t`复制`}</button>
        </Banner>
      ) : null}
      <table className="ledger-table">
        <tbody>
          {items.map((token) => (
            <tr key={token.id}>
              <td>{token.label ?? `#${token.id}`}</td>
              <td className="quiet">{t`到 ${token.expires_at.slice(0, 10)}`}</td>
              <td className="number">
                <Button
                  size="small"
                  onClick={() => void end(token.id, token.label ?? `#${token.id}`)}
                >{t`停用`}</Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
