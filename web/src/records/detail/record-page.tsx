import { t } from "@lingui/core/macro";
import { useLocation, useNavigate, useParams } from "@tanstack/react-router";
import { useEntity } from "@/api/catalog";
import { Empty } from "@/ui/page";
import { RecordView } from "./record-view";
import { useNeighbours, useTrail } from "./trail";

/** A record as a page of its own. */
export function RecordPage() {
  const { entity: key, id } = useParams({ strict: false }) as { entity: string; id: string };
  const entity = useEntity(key);
  const navigate = useNavigate();
  const neighbours = useNeighbours(key, Number(id));
  const trail = useTrail();
  const fromList = useLocation({ select: (location) => location.state.fromList });
  if (!entity) return <Empty title={t`没有这条记录，或者不归你看`} />;
  return (
    <RecordView
      key={`${key}:${id}`}
      entity={entity}
      id={Number(id)}
      neighbours={neighbours}
      from={neighbours ? trail?.from : undefined}
      onMove={(next) =>
        void navigate({
          to: "/record/$entity/$id",
          params: { entity: key, id: String(next) },
          replace: true,
          state: { fromList },
        })
      }
    />
  );
}
