import { t } from "@lingui/core/macro";
import { useEffect, useState } from "react";
import { stayAt } from "@/api/events";
import type { Id, Reference } from "@/api/types";
import { Avatar } from "@/ui/marks";

const MOST = 3;

/** Who else has this record open right now; nothing while one is alone. */
export function Presence({ entity, id, short }: { entity: string; id: Id; short?: boolean }) {
  const [people, setPeople] = useState<Reference[]>([]);
  useEffect(() => {
    setPeople([]);
    return stayAt(entity, id, setPeople);
  }, [entity, id]);
  const names = people.map((one) => one.label);
  const [first] = names;
  const all = names.length;
  const everybody = names.join(t`、`);
  const said = first === undefined ? "" : all > 1 ? t`${first} 等 ${all} 人也在看` : t`${first} 也在看`;
  return (
    <span
      className="presence"
      role="status"
      title={said ? t`${everybody} 也在看` : undefined}
      data-testid="presence"
    >
      {names.slice(0, MOST).map((name, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two people may have one name
        <Avatar key={at} name={name} />
      ))}
      {said ? <span className={short ? "visually-hidden" : "quiet"}>{said}</span> : null}
    </span>
  );
}
