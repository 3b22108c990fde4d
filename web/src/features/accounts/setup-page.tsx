import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Form, Input } from "antd";
import { Check, Copy, FileSpreadsheet, Printer } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { api, type SetupBody } from "@/api/calls";
import { Problem } from "@/api/problem";
import { textOf } from "@/i18n";
import { copyText } from "@/lib/clipboard";
import { leaveFile } from "@/records/list/dropped-file";
import { sentenceOf } from "@/ui/errors";
import { Banner } from "@/ui/page";
import { useFileDrop } from "@/ui/use-file-drop";
import { KitChoice } from "./kit-choice";
import "./accounts.css";

interface Props {
  /** Opens the ledger at an address. */
  onDone: (name: string, password: string, to: string) => Promise<void>;
}

const codeInAddress = (): string => new URLSearchParams(window.location.search).get("code") ?? "";

/** The first page of a new ledger: the firm, the kit and who looks after it. */
export function SetupPage({ onDone }: Props) {
  const [form] = Form.useForm<SetupBody>();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const [code] = useState(codeInAddress);
  const kits = useQuery({ queryKey: ["kits"], queryFn: api.kits, staleTime: Number.POSITIVE_INFINITY });
  const [file, setFile] = useState<File | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const drop = useFileDrop(setFile);
  const chosenKit: string = Form.useWatch("kit", form) ?? "general";
  const [made, setMade] = useState<{ key: string; open: () => Promise<void> } | null>(null);

  const submit = async (values: SetupBody) => {
    setBusy(true);
    setFailure("");
    try {
      const body = {
        ...values,
        samples: values.samples === true && !file,
        code: (values.code ?? code).trim(),
        firm: values.firm.trim(),
        admin: values.admin.trim(),
      };
      const made = await api.setup(body);
      const open = () => {
        if (file) leaveFile(file);
        return onDone(body.admin, body.password, file ? "/import" : "/list/customer");
      };
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
  const items = kits.data?.items ?? [];
  const chosen = items.find((kit) => kit.kit === chosenKit);
  return (
    <FirstRun now="firm" drop={drop.handlers}>
      <h1>{t`公司叫什么，做哪一行`}</h1>
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        data-testid="setup-form"
        initialValues={{ code, kit: "general", samples: false }}
        onFinish={(values) => void submit(values)}
      >
        <div className="setup-names">
          <Form.Item
            name="firm"
            label={t`公司或店名`}
            rules={[{ required: true, message: t`填公司或店的名字` }]}
          >
            <Input size="large" autoFocus autoComplete="organization" data-testid="setup-firm" />
          </Form.Item>
          {code ? null : (
            <Form.Item
              name="code"
              label={t`建账码`}
              extra={t`启动 Kehu 的那个窗口里写着`}
              rules={[{ required: true, message: t`填窗口里的建账码` }]}
            >
              <Input size="large" autoComplete="off" data-testid="setup-code" />
            </Form.Item>
          )}
        </div>
        <Form.Item name="kit" label={t`行业模板：决定先给你哪些字段、选项和视图，以后都能改`}>
          <KitChoice kits={items} />
        </Form.Item>
        {chosen ? (
          <p className="quiet small kit-facts" data-testid="kit-facts">
            {t`「${textOf(chosen.label)}」有 ${chosen.entities} 个对象、${chosen.fields} 个字段，用不到的可以收起`}
          </p>
        ) : null}
        <div className="ant-form-item-label">{t`现在的台账，可以先不放`}</div>
        <div className={drop.over ? "setup-drop over" : "setup-drop"}>
          <FileSpreadsheet size={18} aria-hidden />
          {file ? (
            <>
              <b>{file.name}</b>
              <button type="button" className="link-button" onClick={() => setFile(null)}>{t`换一个`}</button>
              <span className="quiet small">{t`建好后接着看怎么导入，要你点头才写进去`}</span>
            </>
          ) : (
            <>
              <span>
                {t`把 Excel 或 CSV 拖到这里，`}
                <button type="button" className="link-button" onClick={() => input.current?.click()}>
                  {t`或选文件`}
                </button>
              </span>
              <span className="quiet small">{t`两行表头、合并单元格、旧系统导出的文件都认得`}</span>
              <span className="quiet">{t`或者`}</span>
              <Form.Item name="samples" valuePropName="checked" noStyle>
                <Checkbox data-testid="setup-samples">{t`先放一些样例客户试试`}</Checkbox>
              </Form.Item>
            </>
          )}
          <input
            ref={input}
            type="file"
            style={{ display: "none" }}
            data-testid="setup-file"
            accept=".xlsx,.xls,.xlsb,.ods,.csv,.tsv,.txt,.vcf"
            onChange={(event) => setFile(event.target.files?.[0] ?? null)}
          />
        </div>
        <div className="setup-names">
          <Form.Item
            name="admin"
            label={t`你的名字`}
            extra={t`管理员，用它登录`}
            rules={[{ required: true, message: t`填你的名字` }]}
          >
            <Input size="large" autoComplete="username" data-testid="setup-admin" />
          </Form.Item>
          <Form.Item
            name="password"
            label={t`密码`}
            extra={t`至少 8 位`}
            rules={[
              { required: true, message: t`填密码` },
              { min: 8, message: t`太短，再加几位` },
            ]}
          >
            <Input.Password size="large" autoComplete="new-password" data-testid="setup-password" />
          </Form.Item>
        </div>
        {failure ? (
          <Form.Item>
            <Banner bad>{failure}</Banner>
          </Form.Item>
        ) : null}
        <div className="setup-end">
          <span className="quiet small">{t`每一步以后都能改`}</span>
          <Button size="large" type="primary" htmlType="submit" loading={busy} data-testid="setup-submit">
            {t`建台账`}
          </Button>
        </div>
      </Form>
    </FirstRun>
  );
}

interface FrameProps {
  now: "firm" | "key";
  drop?: object;
  children: ReactNode;
}

/** The way to a ledger at the left, what to do now at the right. */
function FirstRun({ now, drop, children }: FrameProps) {
  const steps: [string, string][] = [
    ["firm", t`公司和行业`],
    ["key", t`抄下恢复钥匙`],
    ["sheet", t`核对台账`],
  ];
  const at = steps.findIndex(([key]) => key === now);
  return (
    <main className="first-run" {...drop}>
      <aside>
        <div className="brand">
          <span className="seal small" aria-hidden>
            {t`客`}
          </span>
          {t`Kehu 客户台账`}
        </div>
        <ol>
          {steps.map(([key, name], index) => (
            <li
              key={key}
              className={index === at ? "now" : undefined}
              aria-current={index === at ? "step" : undefined}
            >
              <span className={index < at ? "mark-step done" : "mark-step"}>
                {index < at ? <Check size={12} strokeWidth={2.5} aria-label={t`做完了`} /> : index + 1}
              </span>
              {name}
            </li>
          ))}
        </ol>
        <p className="quiet small">{t`不联网也能用，数据只在你自己的电脑上`}</p>
      </aside>
      <div className="first-run-sheet">
        <div className="first-run-body">{children}</div>
      </div>
    </main>
  );
}

/** Shown once: without this key a backup cannot be read on another computer. */
function RecoveryKey({ value, onOpen }: { value: string; onOpen: () => Promise<void> }) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const [copied, setCopied] = useState(false);
  // Whoever leaves or reloads the page before does not see the key again: the browser asks first.
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, []);
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
    <FirstRun now="key">
      <h1>{t`台账建好了，抄下恢复钥匙`}</h1>
      <div className="stack key-part">
        <p>{t`换电脑恢复备份时要用它，只在这里显示一次。抄在纸上，和营业执照放一起`}</p>
        <output className="recovery-key" data-testid="recovery-key">
          {value}
        </output>
        <div className="key-acts">
          <Button
            icon={<Copy size={14} />}
            data-testid="copy-key"
            onClick={() => void copyText(value).then(setCopied)}
          >
            {copied ? t`已复制` : t`复制`}
          </Button>
          <Button icon={<Printer size={14} />} onClick={() => window.print()}>{t`打印这一页`}</Button>
        </div>
        {failure ? <Banner bad>{failure}</Banner> : null}
        <Button
          size="large"
          type="primary"
          style={{ alignSelf: "start" }}
          loading={busy}
          data-testid="setup-open"
          onClick={() => void open()}
        >
          {t`抄好了，打开台账`}
        </Button>
      </div>
    </FirstRun>
  );
}
