import { t } from "@lingui/core/macro";
import { Link, useLocation, useRouter } from "@tanstack/react-router";
import { Button } from "antd";
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
  Sheet,
  SquarePen,
  Trash2,
} from "lucide-react";
import type { MouseEvent, ReactNode } from "react";
import { may } from "@/api/catalog";
import type { Entity, Id, RecordValues } from "@/api/types";
import { optionLabel } from "@/fields/options";
import { isEmpty, isMasked, plainText } from "@/fields/widget";
import { pluralOf } from "@/i18n";
import { copyText } from "@/lib/clipboard";
import { formatNumber } from "@/lib/money";
import { DropMenu } from "@/ui/drop-menu";
import { Keys } from "@/ui/keys";
import { Grade } from "@/ui/marks";
import { toast } from "@/ui/toast";
import { Flags } from "../flags";
import { exportList } from "../list/export-menu";
import { cardOf, phoneOf } from "./card";
import { Presence } from "./presence";
import type { Neighbours, Trail } from "./trail";

interface Props {
  entity: Entity;
  id: Id;
  /** What is known of it so far. */
  values: RecordValues;
  title: string;
  neighbours: Neighbours | null;
  from?: Trail["from"];
  onMove: (id: Id) => void;
  onEdit?: () => void;
  /** Puts the cursor where a follow-up is written. */
  onWrite?: () => void;
  onDelete: () => void;
  onClose?: () => void;
  extra?: ReactNode;
}

/** The printed sheet of one customer. */
const exportForm = (id: Id) =>
  exportList({ entity: "customer", format: "form", where: { field: "id", op: "eq", value: id } });

/** Who this is, and what one does most: call, copy, edit; previous and next of the list. */
export function RecordHeader(props: Props) {
  const { entity, id, values, title, neighbours, from, onMove, onEdit, onWrite, onDelete, onClose, extra } =
    props;
  const field = (key: string) => entity.fields.find((one) => one.key === key);
  const grade = field("grade");
  const gradeKey = plainText(values.grade);
  const phone = phoneOf(entity, values);
  const copy = async () => {
    const copied = await copyText(cardOf(entity, values));
    toast(copied ? t`已复制「${title}」的名片` : t`浏览器不让复制。选中文字再按 Ctrl C`);
  };
  const actions = (
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
      {onWrite ? (
        <Button icon={<Pencil size={14} />} data-testid="write-follow-up" onClick={onWrite}>
          {t`写跟进`} <Keys keys="F" />
        </Button>
      ) : null}
      <DropMenu
        trigger={["click"]}
        menu={{
          items: [
            ...(onEdit && may(entity, "update")
              ? [{ key: "edit", icon: <SquarePen size={14} />, label: t`编辑`, extra: "E", onClick: onEdit }]
              : []),
            {
              key: "print",
              icon: <Printer size={14} />,
              label: t`打印`,
              onClick: () => window.print(),
            },
            ...(entity.key === "customer" && may(entity, "export")
              ? [
                  {
                    key: "form",
                    icon: <Sheet size={14} />,
                    label: t`导出档案表（.xlsx）`,
                    onClick: () => void exportForm(id),
                  },
                ]
              : []),
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
        <Button type="text" icon={<Ellipsis size={16} />} aria-label={t`更多`} data-testid="more-actions" />
      </DropMenu>
    </div>
  );
  return (
    <header className="record-header">
      <div className="record-way">
        {onClose ? (
          <button type="button" className="icon-button" aria-label={t`收起`} title="Esc" onClick={onClose}>
            <ChevronsRight size={16} strokeWidth={1.75} />
          </button>
        ) : (
          <Way entity={entity} from={from} />
        )}
        {extra}
        {onClose ? null : <span className="grow" />}
        {onClose ? null : <Presence entity={entity.key} id={id} />}
        {neighbours ? (
          <>
            <span className="quiet">
              {formatNumber(neighbours.place)} / {formatNumber(neighbours.total)}
              {neighbours.more ? "+" : ""}
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
        {onClose ? <span className="grow" /> : null}
        {onClose ? <Presence entity={entity.key} id={id} short /> : null}
        {onClose ? actions : null}
      </div>
      <div className="record-name">
        {grade && gradeKey ? <Grade large grade={gradeKey} label={optionLabel(grade, gradeKey)} /> : null}
        <h1 data-testid="record-title">{title || `#${id}`}</h1>
        {isEmpty(values.code) || plainText(values.code) === title ? null : (
          <span className="quiet">{plainText(values.code)}</span>
        )}
        <Flags value={values.flags} />
      </div>
      {onClose ? null : actions}
    </header>
  );
}

/** Back to the list: to where one was in it, when one has just come from there. */
function Way({ entity, from }: { entity: Entity; from: Trail["from"] }) {
  const router = useRouter();
  const isBack = useLocation({ select: (location) => location.state.fromList ?? false });
  const goBack = (event: MouseEvent) => {
    if (!isBack || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    router.history.back();
  };
  return (
    <>
      <Link
        className="back"
        to="/list/$entity"
        params={{ entity: entity.key }}
        onClick={from ? undefined : goBack}
      >
        <ArrowLeft size={16} strokeWidth={1.75} aria-hidden />
        {pluralOf(entity.label)}
      </Link>
      {from ? (
        <>
          <span className="quiet" aria-hidden>
            /
          </span>
          <Link className="back" to={from.href} onClick={goBack} data-testid="back-to-list">
            {from.label}
          </Link>
        </>
      ) : null}
    </>
  );
}
