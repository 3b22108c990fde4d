// Who else has a record open, in the lists of records: the grid, the board, the calendar, the list of a phone.
import { t } from "@lingui/core/macro";
import { useEffect, useState } from "react";
import { type Crowd, lookAround } from "@/api/events";
import { Avatar } from "@/ui/marks";

export const MOST_AROUND = 2;

/** Who has which records of an entity open, as long as its list is shown. */
export function useCrowd(entity: string): Crowd {
  const [crowd, setCrowd] = useState<Crowd>(() => new Map());
  useEffect(() => lookAround(entity, setCrowd), [entity]);
  return crowd;
}

/** Says who has a record open; nothing when nobody has. */
export const around = (people: string[] | undefined): string => {
  const names = people?.join(t`、`);
  return names ? t`${names} 也在看` : "";
};

/** The surnames of those who have a record open, at the end of its name, as the grid draws them. */
export function Around({ people }: { people: string[] | undefined }) {
  if (!people?.length) return null;
  const said = around(people);
  return (
    <span className="around" title={said} data-testid="around">
      {people.slice(0, MOST_AROUND).map((name, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two people may have one name
        <Avatar key={at} name={name} />
      ))}
      <span className="visually-hidden">{said}</span>
    </span>
  );
}
