import { t } from "@lingui/core/macro";
import { Button } from "antd";
import { FileSpreadsheet, Search } from "lucide-react";
import { useRef } from "react";
import { may } from "@/api/catalog";
import type { Entity } from "@/api/types";
import { textOf } from "@/i18n";
import { Empty } from "@/ui/page";

interface Props {
  bare: boolean;
  entity: Entity;
  onClear: () => void;
  onFile: (file: File) => void;
  onNew: () => void;
}

/** An empty list: how to fill it, or how to see more. */
export function Nothing({ bare, entity, onClear, onFile, onNew }: Props) {
  const name = textOf(entity.label);
  const input = useRef<HTMLInputElement>(null);
  if (!bare)
    return (
      <Empty title={t`没有符合的${name}`} icon={<Search size={24} />}>
        <Button onClick={onClear}>{t`去掉所有条件`}</Button>
      </Empty>
    );
  return (
    <Empty
      title={may(entity, "import") ? t`还没有${name}。把现在的 Excel 台账拖进来` : t`还没有${name}`}
      icon={<FileSpreadsheet size={24} />}
    >
      <div className="line">
        {may(entity, "import") ? (
          <Button type="primary" onClick={() => input.current?.click()}>{t`选文件…`}</Button>
        ) : null}
        {may(entity, "create") ? <Button onClick={onNew}>{t`新建${name}`}</Button> : null}
      </div>
      <input
        ref={input}
        type="file"
        hidden
        accept=".xlsx,.xls,.ods,.csv,.tsv"
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file) onFile(file);
        }}
      />
    </Empty>
  );
}
