import { useQuery } from "@tanstack/react-query";
import { api } from "@/api/calls";
import { useCatalog } from "@/api/catalog";
import type { Field, ImportJob, ImportPreview, ImportSheet } from "@/api/types";
import { textOf } from "@/i18n";

export interface Target {
  value: string;
  label: string;
  /** How the field is reached from the record that a row stands for: relations with dots, "" for its own. */
  path: string;
  entity: string;
  entityLabel: string;
  field: Field;
}

/** What the server shows of the file; asked for anew when the reading of it may have changed. */
export function usePreview(job: ImportJob): ImportPreview | undefined {
  const { data } = useQuery({
    queryKey: ["import-preview", job.id, job.entity, job.options],
    queryFn: () => api.importPreview(job.id),
    enabled: job.state === "checked",
    placeholderData: (before) => before,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return data;
}

/** Which of several of a kind a path leads to: 2 for `contacts2`, "" for the first. */
const numberOf = (path: string): string => /[2-9]$/.exec(path)?.[0] ?? "";

/** Everything a column of a sheet may go to, by the entity that the field belongs to. */
export function useTargets(sheet: ImportSheet | undefined): Target[] {
  const entities = useCatalog()?.entities ?? [];
  return (sheet?.targets ?? []).flatMap((target) => {
    const entity = entities.find((one) => one.key === target.entity);
    const field = entity?.fields.find((one) => one.key === target.field);
    const path = target.key.split(".").slice(0, -1).join(".");
    return entity && field
      ? [
          {
            value: target.key,
            label: textOf(field.label),
            path,
            entity: entity.key,
            entityLabel: `${textOf(entity.label)} ${numberOf(path)}`.trim(),
            field,
          },
        ]
      : [];
  });
}
