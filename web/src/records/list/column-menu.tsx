import { t } from "@lingui/core/macro";
import { Button, Checkbox, Input, Popover } from "antd";
import { Columns3 } from "lucide-react";
import { useState } from "react";
import type { Entity } from "@/api/types";
import { textOf } from "@/i18n";
import { listable } from "./columns";

interface Props {
  entity: Entity;
  shown: string[];
  onChange: (keys: string[] | null) => void;
}

/** Which fields stand in the list; the order is changed by dragging the headers. */
export function ColumnMenu({ entity, shown, onChange }: Props) {
  const [text, setText] = useState("");
  const fields = entity.fields.filter(listable);
  const found = fields.filter((field) =>
    textOf(field.label).toLowerCase().includes(text.trim().toLowerCase()),
  );
  return (
    <Popover
      trigger="click"
      placement="bottomRight"
      content={
        <div className="stack" style={{ width: 260 }} data-testid="column-menu">
          <Input
            value={text}
            onChange={(event) => setText(event.target.value)}
            placeholder={t`找字段`}
            allowClear
          />
          <div style={{ maxHeight: 360, overflow: "auto", display: "flex", flexDirection: "column", gap: 4 }}>
            {found.map((field) => (
              <Checkbox
                key={field.key}
                data-testid={`column-${field.key}`}
                checked={shown.includes(field.key)}
                disabled={shown.length === 1 && shown.includes(field.key)}
                onChange={(event) =>
                  onChange(
                    event.target.checked ? [...shown, field.key] : shown.filter((key) => key !== field.key),
                  )
                }
              >
                {textOf(field.label)}
              </Checkbox>
            ))}
          </div>
          <Button size="small" onClick={() => onChange(null)}>{t`恢复默认的列`}</Button>
        </div>
      }
    >
      <Button type="text" icon={<Columns3 size={14} />} data-testid="column-button">
        {t`列`} {shown.length}/{fields.length}
      </Button>
    </Popover>
  );
}
