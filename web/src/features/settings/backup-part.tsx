import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { Archive } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/calls";
import { downloadUrl } from "@/api/client";
import { saveFile, waitForJob } from "@/api/jobs";
import { formatDateTime } from "@/lib/dates";
import { formatNumber } from "@/lib/money";
import { sentenceOf } from "@/ui/errors";
import { toast } from "@/ui/toast";

/** Makes a backup of the whole ledger and downloads it. */
export function BackupPart() {
  const [busy, setBusy] = useState(false);
  const daily = useQuery({ queryKey: ["backups"], queryFn: api.backups });
  const run = async () => {
    setBusy(true);
    try {
      const job = await api.startBackup();
      await waitForJob(job, () => api.backup(job.id));
      const url = downloadUrl(`/backups/${job.id}/file`);
      saveFile(url);
      toast(t`备份好了，正在下载`, { label: t`再下载一次`, run: () => saveFile(url) });
    } catch (error) {
      toast(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <section className="stack">
      <h2>{t`备份`}</h2>
      <p className="quiet">
        {t`整本台账一个文件，能恢复到 SQLite 或 PostgreSQL。每天也会自动存一份在数据文件夹的 backups 里，留七天`}
      </p>
      {daily.data && daily.data.items.length > 0 ? (
        <table className="ledger-table" data-testid="backups">
          <tbody>
            {daily.data.items.map((file) => (
              <tr key={file.name}>
                <td>{formatDateTime(file.at)}</td>
                <td className="quiet">{file.name}</td>
                <td className="number">{formatSize(file.size)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      {daily.data ? (
        <p className="quiet small">{t`这些在 ${daily.data.folder}，恢复时停下服务，用 kehu restore`}</p>
      ) : null}
      <Button
        icon={<Archive size={14} />}
        loading={busy}
        style={{ alignSelf: "start" }}
        data-testid="backup-button"
        onClick={() => void run()}
      >
        {t`备份并下载`}
      </Button>
    </section>
  );
}

const formatSize = (bytes: number): string => `${formatNumber(Math.max(1, Math.round(bytes / 1024)))} kB`;
