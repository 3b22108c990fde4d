import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Form, Input, Select } from "antd";
import { useState } from "react";
import { api, type SetupBody } from "@/api/calls";
import { Problem } from "@/api/problem";
import { textOf } from "@/i18n";
import { sentenceOf } from "@/ui/errors";
import { Banner } from "@/ui/page";
import "./accounts.css";

interface Props {
  onDone: (name: string, password: string) => Promise<void>;
}

const codeInAddress = (): string => new URLSearchParams(window.location.search).get("code") ?? "";

/** The first page of a new ledger: the firm, the kit and who looks after it. */
export function SetupPage({ onDone }: Props) {
  const [form] = Form.useForm<SetupBody>();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const [code] = useState(codeInAddress);
  const kits = useQuery({ queryKey: ["kits"], queryFn: api.kits, staleTime: Number.POSITIVE_INFINITY });
  const [made, setMade] = useState<{ key: string; open: () => Promise<void> } | null>(null);

  const submit = async (values: SetupBody) => {
    setBusy(true);
    setFailure("");
    try {
      const body = {
        ...values,
        code: (values.code ?? code).trim(),
        firm: values.firm.trim(),
        admin: values.admin.trim(),
      };
      const made = await api.setup(body);
      const open = () => onDone(body.admin, body.password);
      if (made.recovery_key) setMade({ key: made.recovery_key, open });
      else await open();
    } catch (error) {
      if (error instanceof Problem)
        form.setFields(
          error.errors.map((item) => ({ name: item.field as keyof SetupBody, errors: [item.message] })),
        );
      setFailure(sentenceOf(error));
      setBusy(false);
    }
  };
  if (made) return <RecoveryKey value={made.key} onOpen={made.open} />;
  return (
    <main className="entrance">
      <div className="entrance-card wide">
        <h1>{t`公司叫什么，做哪一行`}</h1>
        <Form
          form={form}
          layout="vertical"
          requiredMark={false}
          data-testid="setup-form"
          initialValues={{ code, kit: "general", samples: false }}
          onFinish={(values) => void submit(values)}
        >
          {code ? null : (
            <Form.Item
              name="code"
              label={t`建账码`}
              extra={t`启动 Kehu 的那个窗口里写着`}
              rules={[{ required: true, message: t`填窗口里的建账码` }]}
            >
              <Input autoComplete="off" data-testid="setup-code" />
            </Form.Item>
          )}
          <Form.Item
            name="firm"
            label={t`公司或店名`}
            rules={[{ required: true, message: t`填公司或店的名字` }]}
          >
            <Input autoFocus autoComplete="organization" data-testid="setup-firm" />
          </Form.Item>
          <Form.Item name="kit" label={t`行业模板`} extra={t`决定先给你哪些字段，以后都能改`}>
            <Select
              data-testid="setup-kit"
              options={(kits.data?.items ?? []).map((kit) => ({
                value: kit.kit,
                label: t`${textOf(kit.label)}：${textOf(kit.description)}`,
              }))}
            />
          </Form.Item>
          <Form.Item
            name="admin"
            label={t`你的名字`}
            extra={t`管理员，用它登录`}
            rules={[{ required: true, message: t`填你的名字` }]}
          >
            <Input autoComplete="username" data-testid="setup-admin" />
          </Form.Item>
          <Form.Item
            name="password"
            label={t`密码`}
            rules={[
              { required: true, message: t`填密码` },
              { min: 8, message: t`密码至少 8 位` },
            ]}
          >
            <Input.Password autoComplete="new-password" data-testid="setup-password" />
          </Form.Item>
          <Form.Item name="samples" valuePropName="checked">
            <Checkbox data-testid="setup-samples">{t`先放一些样例客户试试`}</Checkbox>
          </Form.Item>
          {failure ? (
            <Form.Item>
              <Banner bad>{failure}</Banner>
            </Form.Item>
          ) : null}
          <Button
            block
            size="large"
            type="primary"
            htmlType="submit"
            loading={busy}
            data-testid="setup-submit"
          >
            {t`建台账`}
          </Button>
        </Form>
      </div>
    </main>
  );
}

/** Shown once: without this key a backup cannot be read on another computer. */
function RecoveryKey({ value, onOpen }: { value: string; onOpen: () => Promise<void> }) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const open = async () => {
    setBusy(true);
    try {
      await onOpen();
    } catch (error) {
      setFailure(sentenceOf(error));
      setBusy(false);
    }
  };
  return (
    <main className="entrance">
      <div className="entrance-card wide">
        <h1>{t`台账建好了，抄下恢复密钥`}</h1>
        <p>{t`换电脑恢复备份时要用它，只在这里显示一次。抄在纸上，和营业执照放一起`}</p>
        <output className="recovery-key" data-testid="recovery-key">
          {value}
        </output>
        {failure ? <Banner bad>{failure}</Banner> : null}
        <Button
          block
          size="large"
          type="primary"
          loading={busy}
          data-testid="setup-open"
          onClick={() => void open()}
        >
          {t`抄好了，打开台账`}
        </Button>
      </div>
    </main>
  );
}
