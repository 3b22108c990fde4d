import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { Button } from "antd";
import { Pencil, Trash2 } from "lucide-react";
import { useEffect, useState } from "react";
import { api } from "@/api/calls";
import { may, useEntity } from "@/api/catalog";
import { announce, concerns, onChanges } from "@/api/events";
import { Problem } from "@/api/problem";
import type { Entity, Id, RecordAnswer } from "@/api/types";
import { titleField } from "@/fields/references";
import { plainText } from "@/fields/widget";
import { textOf } from "@/i18n";
import { sentenceOf } from "@/ui/errors";
import { Empty, PageHeader } from "@/ui/page";
import { toast } from "@/ui/toast";
import { recordChange } from "../undo";
import { EditForm } from "./edit-form";
import { Facts } from "./facts";
import { History } from "./history";
import { RelatedList } from "./related-list";
import "./detail.css";

export function RecordPage() {
  const { entity: key, id } = useParams({ strict: false }) as { entity: string; id: string };
  const entity = useEntity(key);
  if (!entity) return <Empty title={t`没有这条记录，或者不归你看`} />;
  return <RecordView key={`${key}:${id}`} entity={entity} id={Number(id)} />;
}

function RecordView({ entity, id }: { entity: Entity; id: Id }) {
  const navigate = useNavigate();
  const [editing, setEditing] = useState(false);
  const record = useQuery({
    queryKey: ["record", entity.key, id],
    queryFn: () => api.record(entity.key, id),
  });
  const { refetch } = record;

  useEffect(
    () =>
      onChanges((event) => {
        if (concerns(event, entity.key, id)) void refetch();
      }),
    [entity.key, id, refetch],
  );
  const title = record.data ? plainText(record.data.record[titleField(entity.key)]) : "";
  useEffect(() => {
    if (title) document.title = `${title} · Kehu`;
  }, [title]);

  if (record.error)
    return <Missing entity={entity} id={id} error={record.error} onBack={() => void refetch()} />;
  if (!record.data) return null;

  const remove = async () => {
    try {
      const answer = await api.deleteRecord(entity.key, id);
      announce(entity.key, [id]);
      recordChange(t`已删除「${title}」`, [answer.changeset]);
      void navigate({ to: "/list/$entity", params: { entity: entity.key } });
    } catch (error) {
      toast(sentenceOf(error));
    }
  };
  return (
    <div className="page" data-testid="record-page">
      <PageHeader
        title={<span data-testid="record-title">{title || `#${id}`}</span>}
        facts={
          <Link to="/list/$entity" params={{ entity: entity.key }}>
            {textOf(entity.label)}
          </Link>
        }
        actions={
          editing ? null : (
            <>
              {may(entity, "delete") ? (
                <Button icon={<Trash2 size={14} />} data-testid="delete-record" onClick={() => void remove()}>
                  {t`删除`}
                </Button>
              ) : null}
              {may(entity, "update") ? (
                <Button
                  type="primary"
                  icon={<Pencil size={14} />}
                  data-testid="edit-record"
                  onClick={() => setEditing(true)}
                >{t`编辑`}</Button>
              ) : null}
            </>
          )
        }
      />
      <div className="record">
        <div>
          {editing ? (
            <EditForm entity={entity} answer={record.data} onClose={() => setEditing(false)} />
          ) : (
            <>
              <Facts entity={entity} answer={record.data} />
              <Related entity={entity} answer={record.data} />
            </>
          )}
        </div>
        <aside>
          <History entity={entity} id={id} />
        </aside>
      </div>
    </div>
  );
}

function Related({ entity, answer }: { entity: Entity; answer: RecordAnswer }) {
  const title = plainText(answer.record[titleField(entity.key)]);
  const relations = entity.relations ?? [];
  return relations.map((relation) => (
    <RelatedList
      key={relation.key}
      relation={relation}
      shared={relations.filter((other) => other.entity === relation.entity).length > 1}
      parent={{ id: answer.id, label: title }}
    />
  ));
}

interface MissingProps {
  entity: Entity;
  id: Id;
  error: unknown;
  onBack: () => void;
}

/** A record that is not there: perhaps deleted, then it can be brought back from here. */
function Missing({ entity, id, error, onBack }: MissingProps) {
  const gone = error instanceof Problem && error.status === 404;
  const restore = async () => {
    try {
      const answer = await api.restoreRecord(entity.key, id);
      announce(entity.key, [id]);
      recordChange(t`已恢复`, [answer.changeset]);
      onBack();
    } catch (failure) {
      toast(sentenceOf(failure));
    }
  };
  return (
    <div className="page">
      <Empty title={gone ? t`没有这条记录，或者不归你看` : sentenceOf(error)}>
        {gone ? (
          <div className="line">
            <Button data-testid="restore-record" onClick={() => void restore()}>{t`从回收站恢复`}</Button>
            <Link to="/list/$entity" params={{ entity: entity.key }}>{t`回到列表`}</Link>
          </div>
        ) : (
          <Button onClick={onBack}>{t`再试一次`}</Button>
        )}
      </Empty>
      {gone ? (
        <div className="page-body">
          <History entity={entity} id={id} />
        </div>
      ) : null}
    </div>
  );
}
