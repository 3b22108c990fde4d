import { plural, t } from "@lingui/core/macro";
import { Button } from "antd";
import { Trash2 } from "lucide-react";
import { useEffect } from "react";

interface Props {
  count: number;
  onDelete?: () => void;
  onClear: () => void;
}

/** What can be done with the selected rows. */
export function SelectionBar({ count, onDelete, onClear }: Props) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape") onClear();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [onClear]);
  return (
    <div className="selection-bar" role="toolbar" aria-label={t`选中的行`} data-testid="selection-bar">
      <span>{plural(count, { other: "已选 # 行" })}</span>
      {onDelete ? (
        <Button
          type="text"
          danger
          icon={<Trash2 size={14} />}
          data-testid="delete-selected"
          onClick={onDelete}
        >
          {t`删除`}
        </Button>
      ) : null}
      <Button type="text" onClick={onClear}>{t`取消`}</Button>
    </div>
  );
}
