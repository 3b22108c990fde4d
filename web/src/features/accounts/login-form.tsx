import { t } from "@lingui/core/macro";
import { Button, Form, Input } from "antd";
import { useState } from "react";
import { sentenceOf } from "@/ui/errors";
import { Banner } from "@/ui/page";

interface Props {
  name?: string;
  onLogin: (name: string, password: string) => Promise<void>;
}

export function LoginForm({ name = "", onLogin }: Props) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const [caps, setCaps] = useState(false);
  const submit = async (values: { name: string; password: string }) => {
    setBusy(true);
    setFailure("");
    try {
      await onLogin(values.name.trim(), values.password);
    } catch (error) {
      setFailure(sentenceOf(error));
      setBusy(false);
    }
  };
  return (
    <Form
      layout="vertical"
      requiredMark={false}
      initialValues={{ name }}
      onFinish={(values) => void submit(values)}
      onKeyDown={(event) => setCaps(event.getModifierState("CapsLock"))}
      data-testid="login-form"
    >
      <Form.Item name="name" label={t`名字`} rules={[{ required: true, message: t`填登录的名字` }]}>
        <Input size="large" autoComplete="username" autoFocus={!name} data-testid="login-name" />
      </Form.Item>
      <Form.Item name="password" label={t`密码`} rules={[{ required: true, message: t`填密码` }]}>
        <Input.Password
          size="large"
          autoComplete="current-password"
          autoFocus={Boolean(name)}
          data-testid="login-password"
        />
      </Form.Item>
      {failure ? (
        <Form.Item>
          <Banner bad>
            <span data-testid="login-error">
              {failure}
              {caps ? t`。大写锁定已打开` : ""}
            </span>
          </Banner>
        </Form.Item>
      ) : null}
      <Button block size="large" type="primary" htmlType="submit" loading={busy} data-testid="login-submit">
        {t`登录`}
      </Button>
    </Form>
  );
}
