import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { ShieldAlert } from "lucide-react";
import { useEffect } from "react";
import { useEntity } from "@/api/catalog";
import { concerns, onChanges } from "@/api/events";
import type { Entity, Id, RecordValues } from "@/api/types";
import { isEmpty, isReference, plainText } from "@/fields/widget";
import { closeUp, sayDay } from "@/ui/days";
import { safetyQuery } from "./reading";

/** What must be seen before serving this customer. Cannot be folded or moved, and prints. */
export function SafetyBand({ entity, values, id }: { entity: Entity; values: RecordValues; id: Id }) {
  // Orders and service requests carry the notes of their customer.
  const customer =
    entity.key === "customer" ? id : isReference(values.customer ?? null) ? values.customer : null;
  const customerId = typeof customer === "number" ? customer : isReference(customer) ? customer.id : null;
  const notes = useEntity("safety_note");
  const found = useQuery({
    ...safetyQuery(customerId),
    enabled: notes !== undefined && customerId !== null && entity.key !== "safety_note",
  });
  const { refetch } = found;
  useEffect(
    () =>
      onChanges((event) => {
        if (customerId !== null && concerns(event, "safety_note")) void refetch();
      }),
    [customerId, refetch],
  );
  const rows = found.data?.rows ?? [];
  const summary = plainText(values.safety_summary);
  if (rows.length === 0 && isEmpty(summary)) return null;
  const column = (name: string) => found.data?.columns.indexOf(name) ?? -1;
  return (
    <section className="safety" aria-label={t`安全提示`} data-testid="safety-band">
      <ShieldAlert size={20} strokeWidth={1.75} aria-hidden />
      <div>
        {rows.length === 0 ? (
          <p>
            <b>{t`安全提示`}</b> {summary}
          </p>
        ) : null}
        {rows.map((row) => {
          const by = plainText(row[column("noted_by")]);
          const noted = plainText(row[column("noted_on")]);
          const checked = plainText(row[column("confirmed_on")]);
          return (
            <div key={String(row[0])}>
              <p>
                <b>{t`安全提示`}</b> {plainText(row[column("band_line")])}
              </p>
              <p className="small">
                {by ? closeUp(t`${by} 写于 ${sayDay(noted)}`) : sayDay(noted)}
                {checked ? ` · ${closeUp(t`核对于 ${sayDay(checked)}`)}` : ""}
              </p>
            </div>
          );
        })}
      </div>
    </section>
  );
}
