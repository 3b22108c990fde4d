import { plural, t } from "@lingui/core/macro";
import { Button, Dropdown } from "antd";
import { Download } from "lucide-react";
import { useState } from "react";
import { api, type ExportBody } from "@/api/calls";
import { downloadUrl } from "@/api/client";
import { saveFile, waitForJob } from "@/api/jobs";
import { sentenceOf } from "@/ui/errors";
import { toast } from "@/ui/toast";

/** Makes a file of records and downloads it. */
export async function exportList(body: ExportBody): Promise<void> {
  try {
    const job = await api.startExport(body);
    const done = await waitForJob(job, () => api.export(job.id));
    const url = downloadUrl(`/exports/${job.id}/file`);
    saveFile(url);
    const rows = done.progress?.total;
    toast(rows ? plural(rows, { other: "已导出 # 行" }) : t`已导出`, {
      label: t`再下载一次`,
      run: () => saveFile(url),
    });
  } catch (error) {
    toast(sentenceOf(error));
  }
}

/** Saves the list as it is seen now: its columns, conditions and order. */
export function ExportMenu({ body, onPrint }: { body: Omit<ExportBody, "format">; onPrint: () => void }) {
  const [busy, setBusy] = useState(false);
  return (
    <Dropdown
      trigger={["click"]}
      menu={{
        items: [
          { key: "xlsx", label: t`Excel 工作簿（.xlsx）` },
          { key: "csv", label: t`CSV（.csv）` },
          { type: "divider" },
          { key: "print", label: t`打印…` },
        ],
        onClick: ({ key }) => {
          if (key === "print") return onPrint();
          setBusy(true);
          void exportList({ ...body, format: key as ExportBody["format"] }).finally(() => setBusy(false));
        },
      }}
    >
      <Button
        type="text"
        icon={<Download size={14} />}
        loading={busy}
        data-testid="export-button"
      >{t`导出`}</Button>
    </Dropdown>
  );
}
