import { t } from "@lingui/core/macro";
import { Link } from "@tanstack/react-router";
import { Button, Dropdown } from "antd";
import {
  ArrowLeft,
  ChevronDown,
  ChevronsRight,
  ChevronUp,
  Copy,
  Ellipsis,
  Pencil,
  Phone,
  Printer,
  Trash2,
} from "lucide-react";
import type { ReactNode } from "react";
import { may } from "@/api/catalog";
import type { Entity, Id, RecordAnswer } from "@/api/types";
import { optionLabel } from "@/fields/options";
import { isEmpty, isMasked, plainText } from "@/fields/widget";
import { textOf } from "@/i18n";
import { copyText } from "@/lib/clipboard";
import { FLAGS, Flag, Grade } from "@/ui/marks";
import { toast } from "@/ui/toast";
import { cardOf, phoneOf } from "./card";
import type { Neighbours } from "./trail";

interface Props {
  entity: Entity;
  answer: RecordAnswer;
  title: string;
  neighbours: Neighbours | null;
  onMove: (id: Id) => void;
  onEdit?: () => void;
  onDelete: () => void;
  onClose?: () => void;
  extra?: ReactNode;
}

/** Who this is, and what one does most: call, copy, edit; previous and next of the list. */
export function RecordHeader(props: Props) {
  const { entity, answer, title, neighbours, onMove, onEdit, onDelete, onClose, extra } = props;
  const values = answer.record;
  const field = (key: string) => entity.fields.find((one) => one.key === key);
  const grade = field("grade");
  const gradeKey = plainText(values.grade);
  const phone = phoneOf(entity, values);
  const copy = async () => {
    const copied = await copyText(cardOf(entity, values));
    toast(copied ? t`已复制「${title}」的名片` : t`浏览器不让复制。选中文字再按 Ctrl C`);
  };
  return (
    <header className="record-header">
      <div className="record-way">
        {onClose ? (
          <button type="button" className="icon-button" aria-label={t`收起`} title="Esc" onClick={onClose}>
            <ChevronsRight size={16} strokeWidth={1.75} />
          </button>
        ) : (
          <Link className="back" to="/list/$entity" params={{ entity: entity.key }}>
            <ArrowLeft size={16} strokeWidth={1.75} aria-hidden />
            {textOf(entity.label)}
          </Link>
        )}
        {extra}
        <span className="grow" />
        {neighbours ? (
          <>
            <span className="quiet">
              {neighbours.place} / {neighbours.total}
            </span>
            <button
              type="button"
              className="icon-button"
              aria-label={t`上一条`}
              title="["
              disabled={neighbours.before === null}
              onClick={() => neighbours.before && onMove(neighbours.before)}
            >
              <ChevronUp size={16} strokeWidth={1.75} />
            </button>
            <button
              type="button"
              className="icon-button"
              aria-label={t`下一条`}
              title="]"
              data-testid="next-record"
              disabled={neighbours.after === null}
              onClick={() => neighbours.after && onMove(neighbours.after)}
            >
              <ChevronDown size={16} strokeWidth={1.75} />
            </button>
          </>
        ) : null}
      </div>
      <div className="record-name">
        {grade && gradeKey ? <Grade large grade={gradeKey} label={optionLabel(grade, gradeKey)} /> : null}
        <h1 data-testid="record-title">{title || `#${answer.id}`}</h1>
        {isEmpty(values.code) || plainText(values.code) === title ? null : (
          <span className="quiet">{plainText(values.code)}</span>
        )}
        <Flags entity={entity} value={values.flags} />
        <span className="grow" />
        <div className="actions">
          {phone && !isMasked(phone) ? (
            <Button icon={<Phone size={14} />} href={`tel:${phone}`} data-testid="call">
              {t`呼叫`}
            </Button>
          ) : null}
          <Button
            icon={<Copy size={14} />}
            aria-label={t`复制名片`}
            title={t`复制名片`}
            data-testid="copy-card"
            onClick={() => void copy()}
          />
          {onEdit && may(entity, "update") ? (
            <Button icon={<Pencil size={14} />} data-testid="edit-record" onClick={onEdit}>{t`编辑`}</Button>
          ) : null}
          <Dropdown
            trigger={["click"]}
            menu={{
              items: [
                {
                  key: "print",
                  icon: <Printer size={14} />,
                  label: t`打印`,
                  onClick: () => window.print(),
                },
                ...(may(entity, "delete")
                  ? [
                      {
                        key: "delete",
                        danger: true,
                        icon: <Trash2 size={14} />,
                        label: <span data-testid="delete-record">{t`删除`}</span>,
                        onClick: onDelete,
                      },
                    ]
                  : []),
              ],
            }}
          >
            <Button
              type="text"
              icon={<Ellipsis size={16} />}
              aria-label={t`更多`}
              data-testid="more-actions"
            />
          </Dropdown>
        </div>
      </div>
    </header>
  );
}

const MOST_FLAGS = 2;

function Flags({ entity, value }: { entity: Entity; value: RecordAnswer["record"][string] }) {
  const field = entity.fields.find((one) => one.key === "flags");
  const keys = Array.isArray(value) ? value.map(String).filter((key) => key !== "normal") : [];
  if (!field || keys.length === 0) return null;
  return (
    <>
      {keys.slice(0, MOST_FLAGS).map((key) => {
        const look = FLAGS[key];
        const text = optionLabel(field, key);
        return look ? (
          <Flag key={key} family={look[0]} icon={look[1]} text={text} />
        ) : (
          <span key={key} className="mark">
            {text}
          </span>
        );
      })}
      {keys.length > MOST_FLAGS ? <span className="quiet small">+{keys.length - MOST_FLAGS}</span> : null}
    </>
  );
}
