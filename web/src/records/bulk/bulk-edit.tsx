import { plural, t } from "@lingui/core/macro";
import { Button, Modal, Select } from "antd";
import { Suspense, useEffect, useState } from "react";
import { api, type BulkBody } from "@/api/calls";
import type { Entity, Value } from "@/api/types";
import { isWritable, showValue, widgetOf, wireValue } from "@/fields/registry";
import { isEmpty } from "@/fields/widget";
import { textOf } from "@/i18n";
import { useFocusBack } from "@/ui/focus";
import { faultOf } from "../fault";
import { changeMany } from "./change-many";

interface Props {
  entity: Entity;
  count: number;
  target: BulkBody;
  onClose: () => void;
  onDone: () => void;
}

/** One field of many records: what will happen is told before it happens. */
export function BulkEdit({ entity, count, target, onClose, onDone }: Props) {
  useFocusBack();
  const fields = entity.fields.filter((field) => isWritable(field) && !field.unique && field.type !== "file");
  const [key, setKey] = useState<string | undefined>();
  const [value, setValue] = useState<Value>(null);
  const [affected, setAffected] = useState<number | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const field = fields.find((item) => item.key === key);
  const name = textOf(entity.label);
  const set = field ? { [field.key]: wireValue(value) ?? null } : null;
  const asked = set ? JSON.stringify(set) : null;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the target stays the same while the dialog is open
  useEffect(() => {
    setAffected(null);
    setTrouble(null);
    if (!asked) return;
    const timer = setTimeout(() => {
      api.bulk(entity.key, { ...target, set: JSON.parse(asked), preview: true }).then(
        (answer) => setAffected(answer.affected),
        (error) => setTrouble(faultOf(error)),
      );
    }, 300);
    return () => clearTimeout(timer);
  }, [asked]);

  const apply = async () => {
    if (!set || !field) return;
    setBusy(true);
    const label = textOf(field.label);
    const said = (n: number) =>
      isEmpty(value)
        ? t`清空了 ${n} 条${name}的「${label}」`
        : t`已把 ${n} 条${name}的「${label}」改成 ${showValue(field, value)}`;
    const ok = await changeMany(entity, { ...target, set }, said);
    setBusy(false);
    if (!ok) return;
    onClose();
    onDone();
  };
  const Input = field ? widgetOf(field).Input : null;
  return (
    <Modal
      open
      onCancel={onClose}
      title={plural(count, { other: "批量修改 # 行" })}
      width={440}
      footer={
        <div className="line" style={{ justifyContent: "flex-end" }}>
          <Button onClick={onClose}>{t`取消`}</Button>
          <Button
            type="primary"
            loading={busy}
            disabled={!field || trouble !== null}
            data-testid="bulk-apply"
            onClick={() => void apply()}
          >
            {plural(affected ?? count, { other: "改 # 行" })}
          </Button>
        </div>
      }
    >
      <div className="stack" data-testid="bulk-form">
        <Select
          autoFocus
          aria-label={t`改哪一项`}
          placeholder={t`改哪一项`}
          showSearch={{ optionFilterProp: "label" }}
          value={key}
          options={fields.map((one) => ({ value: one.key, label: textOf(one.label) }))}
          onChange={(next: string) => {
            setKey(next);
            setValue(null);
          }}
        />
        {field && Input ? (
          <Suspense>
            <Input key={field.key} field={field} value={value} onChange={setValue} />
          </Suspense>
        ) : null}
        {trouble ? <p className="danger-text">{trouble}</p> : null}
        {field && !trouble ? (
          <p className="quiet">
            {isEmpty(value)
              ? t`会清空这些行的「${textOf(field.label)}」。改完可以撤销`
              : t`会改成「${showValue(field, value)}」。改完可以撤销`}
          </p>
        ) : null}
      </div>
    </Modal>
  );
}
