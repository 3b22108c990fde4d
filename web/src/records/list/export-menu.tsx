import { plural, t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { Download } from "lucide-react";
import { useState } from "react";
import { api, type ExportBody } from "@/api/calls";
import { downloadUrl } from "@/api/client";
import { saveFile, waitForJob } from "@/api/jobs";
import { DropMenu } from "@/ui/drop-menu";
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
  const [open, setOpen] = useState(false);
  const came = useQuery({ queryKey: ["imports"], queryFn: api.imports, enabled: open, staleTime: 0 });
  const file = came.data?.items.find(
    (one) => one.entity === body.entity && one.state === "applied" && one.changeset !== null,
  );
  return (
    <DropMenu
      trigger={["click"]}
      // It waits for its lines: one that came later would move the others from under the hand.
      open={open && !came.isLoading}
      onOpenChange={setOpen}
      menu={{
        items: [
          { key: "xlsx", label: t`Excel 工作簿（.xlsx）` },
          { key: "csv", label: t`CSV（.csv）` },
          ...(body.entity === "customer" || body.entity === "contact"
            ? [{ key: "vcf", label: t`通讯录名片（.vcf）` }]
            : []),
          ...(file ? [{ key: "layout", label: t`照「${file.filename}」原来的样子` }] : []),
          { type: "divider" },
          { key: "print", label: t`打印…` },
        ],
        onClick: ({ key }) => {
          if (key === "print") return onPrint();
          setBusy(true);
          const { select, ...query } = body;
          const whole: ExportBody =
            key === "layout" && file?.changeset
              ? { ...query, format: "xlsx", layout: file.changeset }
              : { ...query, select, format: key as ExportBody["format"] };
          void exportList(whole).finally(() => setBusy(false));
        },
      }}
    >
      <Button
        type="text"
        icon={<Download size={14} />}
        loading={busy || (open && came.isLoading)}
        data-testid="export-button"
      >{t`导出`}</Button>
    </DropMenu>
  );
}
