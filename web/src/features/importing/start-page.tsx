import { plural, t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Button, Select } from "antd";
import { FileSpreadsheet } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { api } from "@/api/calls";
import { may, useCatalog } from "@/api/catalog";
import type { ImportListed } from "@/api/types";
import { textOf } from "@/i18n";
import { formatWhen } from "@/lib/dates";
import { formatTsv } from "@/lib/tsv";
import { takeFile } from "@/records/list/dropped-file";
import { sentenceOf } from "@/ui/errors";
import { Banner, PageHeader } from "@/ui/page";
import { useFileDrop } from "@/ui/use-file-drop";
import { useIsPhone } from "@/ui/use-media";
import { blocksOf, MOST_BLOCKS, type Read, rowsOf, tableOf } from "./pasted";
import { StepLine } from "./steps";
import "./importing.css";

/** Takes a workbook and sends it to the server; below, the imports of before. */
export function ImportStartPage() {
  const navigate = useNavigate();
  const entities = (useCatalog()?.entities ?? []).filter((entity) => may(entity, "import"));
  const isPhone = useIsPhone();
  const [entity, setEntity] = useState<string | undefined>();
  const [sending, setSending] = useState<string | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const input = useRef<HTMLInputElement>(null);
  const runs = useQuery({ queryKey: ["imports"], queryFn: api.imports, staleTime: 0 });

  const send = useCallback(
    async (file: File, into?: string, map?: Record<string, string>) => {
      setFailure(null);
      setSending(file.name);
      try {
        const job = await api.startImport(file, into, map);
        await navigate({ to: "/import/$id", params: { id: String(job.id) }, replace: true });
      } catch (error) {
        setFailure(error);
        setSending(null);
      }
    },
    [navigate],
  );
  useEffect(() => {
    const waiting = takeFile();
    if (waiting) void send(waiting.file, waiting.entity);
  }, [send]);
  usePaste(send, entity, setSending, setFailure);
  const drop = useFileDrop((file) => void send(file, entity));
  const before = runs.data?.items ?? [];

  return (
    <div className="page import">
      <PageHeader title={t`导入`} />
      <StepLine now="file" />
      <div className="page-body">
        <div className="import-start stack">
          {failure ? <Banner bad>{sentenceOf(failure)}</Banner> : null}
          <div
            className={drop.over ? "drop-zone over" : "drop-zone"}
            {...drop.handlers}
            data-testid="drop-zone"
          >
            <FileSpreadsheet size={28} strokeWidth={1.5} aria-hidden />
            {sending ? (
              <span role="status">{t`正在送上「${sending}」…`}</span>
            ) : (
              <>
                <b>{isPhone ? t`选手机里的 Excel 或 CSV` : t`把 Excel 或 CSV 拖到这里，或者粘贴`}</b>
                <Button type="primary" onClick={() => input.current?.click()}>{t`选文件…`}</Button>
                <span className="quiet small">
                  {t`.xlsx .xls .xlsb .ods .csv .tsv .vcf；标题、两行表头、合并单元格、合计、旧系统导出的文件都认得`}
                </span>
                <span className="quiet small">
                  {isPhone
                    ? t`微信里收到的表，先存到手机，再在这里选`
                    : t`也可以从 Excel 复制一块，或把几条微信消息复制来，在这里按 Ctrl+V；消息之间空一行，一条一位客户`}
                </span>
              </>
            )}
          </div>
          <div className="line">
            <span className="quiet">{t`导入到`}</span>
            <Select
              aria-label={t`导入到`}
              allowClear
              style={{ width: 200 }}
              placeholder={t`看表头自动认`}
              value={entity}
              onChange={setEntity}
              data-testid="import-entity"
              options={entities.map((item) => ({ value: item.key, label: textOf(item.label) }))}
            />
            <span className="quiet small">{t`原文件不会改动，导入以后可以整个撤销`}</span>
          </div>
          <input
            ref={input}
            type="file"
            hidden
            data-testid="import-file"
            accept=".xlsx,.xls,.xlsb,.ods,.csv,.tsv,.txt,.vcf"
            onChange={(event) => {
              const file = event.target.files?.[0];
              event.target.value = "";
              if (file) void send(file, entity);
            }}
          />
          {before.length > 0 ? <Before runs={before} /> : null}
        </div>
      </div>
    </div>
  );
}

/** Takes what is pasted on the page: a file, a range of cells, or messages of several people. */
function usePaste(
  send: (file: File, into?: string, map?: Record<string, string>) => Promise<void>,
  entity: string | undefined,
  setSending: (what: string | null) => void,
  setFailure: (error: unknown) => void,
) {
  useEffect(() => {
    const onPaste = (event: ClipboardEvent) => {
      const target = event.target as HTMLElement | null;
      const clipboard = event.clipboardData;
      if (!clipboard || target?.closest("input, textarea")) return;
      const text = clipboard.getData("text/plain");
      const table = tableOf(text, clipboard.getData("text/html"));
      const file = [...clipboard.files].find((one) => /\.(xlsx?|xlsb|ods|csv|tsv|txt)$/i.test(one.name));
      if (table !== null) void send(new File([table], `${t`粘贴的表`}.tsv`), entity);
      else if (file) void send(file, entity);
      else if (text.trim()) void sendMessages(text);
      else return;
      event.preventDefault();
    };
    const sendMessages = async (text: string) => {
      setFailure(null);
      setSending(t`粘贴的消息`);
      try {
        const blocks = blocksOf(text);
        if (blocks.length > MOST_BLOCKS) throw new Error(t`一次最多粘贴 ${MOST_BLOCKS} 条消息`);
        const reads: Read[] = [];
        for (const block of blocks) reads.push(await api.recognise(block));
        const made = rowsOf(reads);
        if (!made) throw new Error(t`粘贴的文字里没有认出客户或联系人。表格要连表头一起复制，消息之间空一行`);
        const content = formatTsv([made.targets, ...made.rows]);
        const map = Object.fromEntries(made.targets.map((one) => [one, one]));
        await send(new File([content], `${t`粘贴的消息`}.tsv`), "customer", map);
      } catch (error) {
        setFailure(error);
        setSending(null);
      }
    };
    document.addEventListener("paste", onPaste);
    return () => document.removeEventListener("paste", onPaste);
  }, [send, entity, setSending, setFailure]);
}

/** Imports of before: those that wait to be finished, and what came of the others. */
function Before({ runs }: { runs: ImportListed[] }) {
  const entities = useCatalog()?.entities ?? [];
  return (
    <section className="before" data-testid="imports-before">
      <h2>{t`导入过的`}</h2>
      <ul>
        {runs.map((run) => (
          <li key={run.id}>
            <Link to="/import/$id" params={{ id: String(run.id) }} data-testid={`import-${run.id}`}>
              {run.filename}
            </Link>
            <span className="quiet">
              {textOf(entities.find((one) => one.key === run.entity)?.label)}{" "}
              {run.rows > 0 ? plural(run.rows, { other: "# 行" }) : ""}
            </span>
            <span className="grow">{stateText(run)}</span>
            <time className="quiet" dateTime={run.at}>
              {formatWhen(run.at)}
            </time>
          </li>
        ))}
      </ul>
    </section>
  );
}

function stateText(run: ImportListed): string {
  switch (run.state) {
    case "reading":
      return t`正在读`;
    case "mapped":
    case "checked":
      return t`还没导入，接着做`;
    case "applying":
      return t`正在导入`;
    case "undoing":
      return t`正在撤销`;
    case "undone":
      return t`已撤销`;
    case "failed":
      return run.changeset ? t`停在半路，接着做` : t`没有读成`;
    case "applied": {
      const own = run.by_entity?.[run.entity ?? ""] ?? {
        created: run.created ?? 0,
        updated: run.updated ?? 0,
      };
      return t`新建 ${own.created}，更新 ${own.updated}，没有导入 ${run.rejected ?? 0}`;
    }
  }
}
