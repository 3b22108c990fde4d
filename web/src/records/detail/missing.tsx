import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { api } from "@/api/calls";
import { announce } from "@/api/events";
import { Problem } from "@/api/problem";
import type { Entity, Id } from "@/api/types";
import { sentenceOf } from "@/ui/errors";
import { Empty } from "@/ui/page";
import { toast } from "@/ui/toast";
import { recordChange } from "../undo";
import { History } from "./history";
import { historyQuery } from "./reading";

interface Props {
  entity: Entity;
  id: Id;
  error: unknown;
  onBack: () => void;
}

/** A record that is not there: perhaps deleted, then it can be brought back from here. */
export function Missing({ entity, id, error, onBack }: Props) {
  const gone = error instanceof Problem && error.status === 404;
  // Of what was never there, or is somebody else's, there is no history and nothing to bring back.
  const isDeleted = useQuery({ ...historyQuery(entity.key, id), enabled: gone }).isSuccess;
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
            {isDeleted ? (
              <Button data-testid="restore-record" onClick={() => void restore()}>{t`从回收站恢复`}</Button>
            ) : null}
            <Link to="/list/$entity" params={{ entity: entity.key }}>{t`回到列表`}</Link>
          </div>
        ) : (
          <Button onClick={onBack}>{t`再试一次`}</Button>
        )}
      </Empty>
      {isDeleted ? (
        <div className="page-body">
          <History entity={entity} id={id} />
        </div>
      ) : null}
    </div>
  );
}
