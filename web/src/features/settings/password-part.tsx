import { t } from "@lingui/core/macro";
import { Button, Form, Input } from "antd";
import { useState } from "react";
import { api } from "@/api/calls";
import { sentenceOf } from "@/ui/errors";
import { Banner } from "@/ui/page";
import { toast } from "@/ui/toast";

interface Passwords {
  current: string;
  next: string;
  again: string;
}

export function PasswordPart() {
  const [form] = Form.useForm<Passwords>();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const submit = async ({ current, next }: Passwords) => {
    setBusy(true);
    setFailure("");
    try {
      await api.changePassword(current, next);
      form.resetFields();
      toast(t`密码已改，别处的登录都退出了`);
    } catch (error) {
      setFailure(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <section>
      <h2>{t`改密码`}</h2>
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        data-testid="password-form"
        onFinish={(values) => void submit(values)}
      >
        <Form.Item
          name="current"
          label={t`现在的密码`}
          rules={[{ required: true, message: t`填现在的密码` }]}
        >
          <Input.Password autoComplete="current-password" data-testid="password-current" />
        </Form.Item>
        <Form.Item
          name="next"
          label={t`新密码`}
          rules={[
            { required: true, message: t`填新密码` },
            { min: 8, message: t`密码至少 8 位` },
          ]}
        >
          <Input.Password autoComplete="new-password" data-testid="password-next" />
        </Form.Item>
        <Form.Item
          name="again"
          label={t`再填一遍`}
          dependencies={["next"]}
          rules={[
            ({ getFieldValue }) => ({
              validator: (_rule, value: string) =>
                value === getFieldValue("next")
                  ? Promise.resolve()
                  : Promise.reject(new Error(t`两遍不一样`)),
            }),
          ]}
        >
          <Input.Password autoComplete="new-password" data-testid="password-again" />
        </Form.Item>
        {failure ? (
          <Form.Item>
            <Banner bad>{failure}</Banner>
          </Form.Item>
        ) : null}
        <Button
          type="primary"
          htmlType="submit"
          loading={busy}
          data-testid="password-save"
        >{t`改密码`}</Button>
      </Form>
    </section>
  );
}
