import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api } from "@/api/calls";
import { useEntity } from "@/api/catalog";
import { titleField } from "@/fields/references";
import { plainText } from "@/fields/widget";
import { rowsOf } from "@/records/grid/row-store";
import { sayDay } from "@/ui/days";
import { newToMe } from "./conditions";

const MOST = 8;

/** Customers that colleagues put into my hands during the last days. */
export function NewToMe() {
  const entity = useEntity("customer");
  const has = entity?.fields.some((field) => field.key === "owner") ?? false;
  const title = titleField("customer");
  const rows = useQuery({
    queryKey: ["new-to-me"],
    queryFn: () =>
      api.query("customer", {
        select: [title, "created_at"],
        where: newToMe(),
        sort: [{ field: "created_at", order: "desc" }],
        limit: MOST,
        count: "capped",
      }),
    enabled: has,
  });
  const found = rows.data ? rowsOf(rows.data.columns, rows.data.rows) : [];
  if (found.length === 0) return null;
  return (
    <section data-testid="new-to-me">
      <h2>
        {t`新交给我的`} <span className="quiet">{rows.data?.count?.value}</span>
      </h2>
      <ul>
        {found.map((row) => (
          <li key={row.id}>
            <Link to="/record/$entity/$id" params={{ entity: "customer", id: String(row.id) }}>
              {plainText(row.values[title])}
            </Link>
            <span className="quiet small">{sayDay(plainText(row.values.created_at).slice(0, 10))}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
