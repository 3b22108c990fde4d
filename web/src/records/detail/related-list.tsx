import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { api } from "@/api/calls";
import { useEntity } from "@/api/catalog";
import { onChanges } from "@/api/events";
import type { Entity, Reference, Relation } from "@/api/types";
import { titleField } from "@/fields/references";
import { showValue } from "@/fields/registry";
import { textOf } from "@/i18n";
import { sentenceOf } from "@/ui/errors";
import { rowsOf } from "../grid/row-store";
import { beginning } from "../list/columns";

const CreateDrawer = lazy(() =>
  import("../form/create-drawer").then((part) => ({ default: part.CreateDrawer })),
);
const ROWS = 5;
const COLUMNS = 4;

/** The records that hang on this one, such as the contacts of a customer. */
export function RelatedList({ relation, parent }: { relation: Relation; parent: Reference }) {
  const entity = useEntity(relation.entity);
  return entity ? <Rows relation={relation} parent={parent} entity={entity} /> : null;
}

function Rows({ relation, parent, entity }: { relation: Relation; parent: Reference; entity: Entity }) {
  const [creating, setCreating] = useState(false);
  const where = { field: relation.field, op: "eq" as const, value: parent.id };
  const select = beginning(entity)
    .filter((key) => key !== relation.field)
    .slice(0, COLUMNS);
  const rows = useQuery({
    queryKey: ["related", entity.key, relation.field, parent.id],
    queryFn: () => api.query(entity.key, { select, where, limit: ROWS, count: "capped" }),
  });
  const { refetch } = rows;
  useEffect(
    () =>
      onChanges((event) => {
        if (event.entity === entity.key || event.entity === "*") void refetch();
      }),
    [entity.key, refetch],
  );
  const fields = select.flatMap((key) => entity.fields.find((field) => field.key === key) ?? []);
  const count = rows.data?.count;
  const title = titleField(entity.key);
  const linked = select.includes(title) ? title : select[0];
  return (
    <section className="related" data-testid={`related-${relation.key}`}>
      <div className="line">
        <h2>{textOf(relation.label) || textOf(entity.label)}</h2>
        <span className="quiet small">{count ? `${count.value}${count.exact ? "" : "+"}` : ""}</span>
        <span className="grow" />
        <button
          type="button"
          className="link-button small"
          data-testid={`add-${relation.key}`}
          onClick={() => setCreating(true)}
        >
          {t`新建`}
        </button>
        {count && count.value > ROWS ? (
          <Link
            className="small"
            to="/list/$entity"
            params={{ entity: entity.key }}
            search={{ where: { and: [where] } }}
          >{t`看全部`}</Link>
        ) : null}
      </div>
      {rows.error ? <p className="danger-text">{sentenceOf(rows.error)}</p> : null}
      {rows.data && rows.data.rows.length > 0 ? (
        <table>
          <thead>
            <tr>
              {fields.map((field) => (
                <th key={field.key}>{textOf(field.label)}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rowsOf(rows.data.columns, rows.data.rows).map((row) => (
              <tr key={row.id}>
                {fields.map((field) => {
                  const text = showValue(field, row.values[field.key]);
                  return (
                    <td key={field.key}>
                      {field.key === linked ? (
                        <Link to="/record/$entity/$id" params={{ entity: entity.key, id: String(row.id) }}>
                          {text || `#${row.id}`}
                        </Link>
                      ) : (
                        text
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      {creating ? (
        <Suspense>
          <CreateDrawer
            entity={entity}
            start={{ [relation.field]: parent }}
            onClose={() => setCreating(false)}
          />
        </Suspense>
      ) : null}
    </section>
  );
}
