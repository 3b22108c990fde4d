import { t } from "@lingui/core/macro";
import { useNavigate } from "@tanstack/react-router";
import { Button, Select } from "antd";
import { FileSpreadsheet } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { api } from "@/api/calls";
import { may, useCatalog } from "@/api/catalog";
import { textOf } from "@/i18n";
import { takeFile } from "@/records/list/dropped-file";
import { sentenceOf } from "@/ui/errors";
import { Banner, PageHeader } from "@/ui/page";
import { useFileDrop } from "@/ui/use-file-drop";
import "./importing.css";

/** Takes a workbook and sends it to the server. */
export function ImportStartPage() {
  const navigate = useNavigate();
  const entities = (useCatalog()?.entities ?? []).filter((entity) => may(entity, "import"));
  const [entity, setEntity] = useState<string | undefined>();
  const [sending, setSending] = useState<string | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const input = useRef<HTMLInputElement>(null);

  const send = useCallback(
    async (file: File, into?: string) => {
      setFailure(null);
      setSending(file.name);
      try {
        const job = await api.startImport(file, into);
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
  const drop = useFileDrop((file) => void send(file, entity));

  return (
    <div className="page">
      <PageHeader title={t`导入`} />
      <div className="page-body stack">
        {failure ? <Banner bad>{sentenceOf(failure)}</Banner> : null}
        <div className="line">
          <span>{t`导入到`}</span>
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
        </div>
        <div
          className={drop.over ? "drop-zone over" : "drop-zone"}
          {...drop.handlers}
          data-testid="drop-zone"
        >
          <FileSpreadsheet size={24} />
          {sending ? (
            <span>{t`正在送上「${sending}」…`}</span>
          ) : (
            <>
              <span>{t`把 Excel 或 CSV 拖到这里`}</span>
              <span className="quiet small">{t`.xlsx .xls .ods .csv .tsv，GBK 也认得。导入以后可以整个撤销`}</span>
              <Button onClick={() => input.current?.click()}>{t`选文件…`}</Button>
            </>
          )}
        </div>
        <input
          ref={input}
          type="file"
          hidden
          data-testid="import-file"
          accept=".xlsx,.xls,.ods,.csv,.tsv,.txt"
          onChange={(event) => {
            const file = event.target.files?.[0];
            event.target.value = "";
            if (file) void send(file, entity);
          }}
        />
      </div>
    </div>
  );
}
