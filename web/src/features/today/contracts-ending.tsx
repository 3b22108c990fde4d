import { plural, t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { api } from "@/api/calls";
import { useEntity } from "@/api/catalog";
import { concerns, onChanges } from "@/api/events";
import { isReference } from "@/fields/widget";
import { ledgerDay } from "@/lib/dates";
import { rowsOf } from "@/records/grid/row-store";
import { sayAmount } from "@/ui/amounts";
import { daysBetween, sayDay } from "@/ui/days";
import { contractsEnding, DAYS_AHEAD, type Whose } from "./conditions";

const NEEDED = ["name", "customer", "end_on", "status", "renewal_status"];
const MOST = 5;
const SOON = 14;

/** Contracts that end soon and whose renewal is not settled. */
export function ContractsEnding({ whose }: { whose: Whose }) {
  const entity = useEntity("contract");
  const customer = useEntity("customer");
  const keys = new Set(entity?.fields.map((field) => field.key));
  const has =
    NEEDED.every((key) => keys.has(key)) && customer?.fields.some((field) => field.key === "owner") === true;
  const today = ledgerDay();
  const where = contractsEnding(whose, today);
  const contracts = useQuery({
    queryKey: ["contracts-ending", whose, today, keys.has("amount")],
    queryFn: () =>
      api.query("contract", {
        select: ["name", "customer", "end_on", ...(keys.has("amount") ? ["amount"] : [])],
        where,
        sort: [{ field: "end_on", order: "asc" }],
        limit: MOST,
        count: "capped",
      }),
    enabled: has,
  });
  const { refetch } = contracts;
  useEffect(
    () => (has ? onChanges((event) => void (concerns(event, "contract") && refetch())) : undefined),
    [has, refetch],
  );
  const found = contracts.data ? rowsOf(contracts.data.columns, contracts.data.rows) : [];
  const count = contracts.data?.count?.value ?? 0;
  if (found.length === 0) return null;
  return (
    <section data-testid="contracts-ending">
      <h2>
        {t`合同快到期`} <span className="quiet">{count}</span>
        <Link to="/list/$entity" params={{ entity: "contract" }} search={{ where, sort: "end_on" }}>
          {plural(DAYS_AHEAD, { other: "# 天内的" })}
        </Link>
      </h2>
      <ul className="two-lines">
        {found.map(({ id, values }) => {
          const day = String(values.end_on);
          const left = daysBetween(today, day);
          return (
            <li key={id}>
              <Link to="/record/$entity/$id" params={{ entity: "contract", id: String(id) }}>
                {[isReference(values.customer) ? values.customer.label : "", String(values.name ?? "")]
                  .filter(Boolean)
                  .join(" · ")}
              </Link>
              <span className="quiet small">
                <span className={left <= SOON ? "soon" : undefined}>
                  {left === 0 ? t`今天到期` : plural(left, { other: "还有 # 天" })}
                </span>
                {left > 1 ? ` · ${sayDay(day, today)}` : ""}
                {typeof values.amount === "string" ? ` · ${sayAmount(values.amount)}` : ""}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
