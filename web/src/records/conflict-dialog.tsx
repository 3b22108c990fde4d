import { t } from "@lingui/core/macro";
import { Button, Modal, Radio } from "antd";
import { useState } from "react";
import { useEntity } from "@/api/catalog";
import type { Value } from "@/api/types";
import { showValue } from "@/fields/registry";
import { isEmpty, plainText } from "@/fields/widget";
import { textOf } from "@/i18n";
import { useFocusBack } from "@/ui/focus";
import type { ConflictQuestion } from "./conflict";

/** For each field that two people changed: which value stays. */
export function ConflictChoices({ entity, conflicts, answer }: ConflictQuestion) {
  useFocusBack();
  const fields = useEntity(entity)?.fields ?? [];
  const [theirs, setTheirs] = useState<string[]>([]);
  const show = (key: string, value: Value) => {
    if (isEmpty(value)) return t`空`;
    const field = fields.find((item) => item.key === key);
    return field ? showValue(field, value) : plainText(value);
  };
  const mine = conflicts.map((item) => item.field).filter((field) => !theirs.includes(field));
  return (
    <Modal
      open
      width={440}
      title={t`你改的时候，别人也改了`}
      onCancel={() => answer(null)}
      footer={[
        <Button key="cancel" onClick={() => answer(null)}>{t`算了`}</Button>,
        <Button
          key="save"
          type="primary"
          data-testid="conflict-save"
          onClick={() => answer(mine)}
        >{t`保存所选`}</Button>,
      ]}
    >
      <div className="stack" data-testid="conflict-dialog">
        {conflicts.map((item) => {
          const field = fields.find((one) => one.key === item.field);
          return (
            <div key={item.field} className="stack" style={{ gap: 4 }}>
              <b>{field ? textOf(field.label) : item.field}</b>
              <Radio.Group
                value={theirs.includes(item.field) ? "theirs" : "mine"}
                onChange={(event) =>
                  setTheirs((before) =>
                    event.target.value === "theirs"
                      ? [...before, item.field]
                      : before.filter((key) => key !== item.field),
                  )
                }
                options={[
                  { value: "mine", label: t`我的：${show(item.field, item.yours)}` },
                  { value: "theirs", label: t`对方的：${show(item.field, item.theirs)}` },
                ]}
              />
              <span className="quiet small">{t`原来是：${show(item.field, item.base)}`}</span>
            </div>
          );
        })}
        <span className="quiet small">{t`另一个值会留在历史里`}</span>
      </div>
    </Modal>
  );
}
