import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Suspense, useEffect, useState } from "react";
import { may, useCatalog, useEntity } from "@/api/catalog";
import { concerns, onChanges } from "@/api/events";
import type { Entity, Field, Id, QueryAnswer, Reference, Relation } from "@/api/types";
import { titleField } from "@/fields/references";
import { showValue, widgetOf } from "@/fields/registry";
import { textOf } from "@/i18n";
import { late } from "@/ui/late";
import { rowsOf } from "../grid/row-store";
import { columnsOf, MOST, ROWS, relatedQuery } from "./reading";

const CreateDrawer = late(() => import("../form/create-drawer").then((part) => part.CreateDrawer));

interface Props {
  relation: Relation;
  parent: Reference;
  /** Undefined until they have been read. */
  rows: QueryAnswer | undefined;
  /** Other relations lead to the same entity: the field's name tells them apart. */
  shared: boolean;
  /** Alone on its tab, with more than the first few. */
  whole: boolean;
}

const sideOf = (field: Field) => (widgetOf(field).align === "right" ? "number" : undefined);

/** The first records that hang on another one by these relations, and how many there are: one question for all. */
export function useRelated(entity: Entity, id: Id, relations: Relation[], limit: number) {
  const catalog = useCatalog() ?? { entities: [] };
  const found = useQuery(relatedQuery(catalog, entity, id, relations, limit));
  const { refetch } = found;
  const others = [...new Set(relations.map((relation) => relation.entity))].join();
  useEffect(
    () =>
      onChanges((event) => {
        if (others.split(",").some((other) => concerns(event, other))) void refetch();
      }),
    [others, refetch],
  );
  return { error: found.error, lists: found.data?.relations ?? {} };
}

/** The records that hang on this one, such as the contacts of a customer. */
export function RelatedList(props: Props) {
  const entity = useEntity(props.relation.entity);
  return entity ? <Rows {...props} entity={entity} /> : null;
}

function Rows({ relation, parent, shared, whole, rows, entity }: Props & { entity: Entity }) {
  const [creating, setCreating] = useState(false);
  const where = { field: relation.field, op: "eq" as const, value: parent.id };
  const select = columnsOf(entity, relation);
  const most = whole ? MOST : ROWS;
  const fields = select.flatMap((key) => entity.fields.find((field) => field.key === key) ?? []);
  const count = rows?.count;
  const named = titleField(entity.key);
  const linked = select.includes(named) ? named : select[0];
  const field = entity.fields.find((item) => item.key === relation.field);
  const title = [textOf(relation.label), shared ? textOf(field?.label) : ""].filter(Boolean).join(" · ");
  // What there is none of takes one short button.
  const isNone = count?.value === 0;
  return (
    <section className={isNone ? "related none" : "related"} data-testid={`related-${relation.key}`}>
      <div className="line">
        {isNone ? null : (
          <>
            <h2>{title}</h2>
            <span className="quiet small">{count ? `${count.value}${count.exact ? "" : "+"}` : ""}</span>
            <span className="grow" />
          </>
        )}
        {may(entity, "create") ? (
          <button
            type="button"
            className="link-button small"
            data-testid={`add-${relation.key}`}
            aria-label={t`新建${title}`}
            onClick={() => setCreating(true)}
          >
            {isNone ? `+ ${title}` : t`新建`}
          </button>
        ) : null}
        {count && count.value > most ? (
          <Link
            className="small"
            to="/list/$entity"
            params={{ entity: entity.key }}
            search={{ where: { and: [where] } }}
          >{t`看全部`}</Link>
        ) : null}
      </div>
      {rows && rows.rows.length > 0 ? (
        <table>
          <thead>
            <tr>
              {fields.map((field) => (
                <th key={field.key} className={sideOf(field)}>
                  {textOf(field.label)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rowsOf(rows.columns, rows.rows).map((row) => (
              <tr key={row.id}>
                {fields.map((field) => {
                  const text = showValue(field, row.values[field.key]);
                  return (
                    <td key={field.key} className={sideOf(field)}>
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
