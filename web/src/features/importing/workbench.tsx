import { plural, t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "@/api/calls";
import { queryClient, useEntity } from "@/api/catalog";
import type { Entity, ImportJob, ImportOptions, ImportPreview, ImportReport } from "@/api/types";
import { sentenceOf } from "@/ui/errors";
import { Banner } from "@/ui/page";
import { CheckStep } from "./check-step";
import { MappingStep } from "./mapping-step";
import { RehearseStep } from "./rehearse-step";
import { SheetStep } from "./sheet-step";
import { type Step, StepLine } from "./steps";
import { usePreview } from "./targets";

export interface StepProps {
  job: ImportJob;
  entity: Entity | undefined;
  preview: ImportPreview | undefined;
  /** The rehearsal; undefined while it is being made. */
  report: ImportReport | undefined;
  busy: boolean;
  patch: (body: ImportOptions & { entity?: string; sheet?: string | null }) => Promise<void>;
  apply: () => Promise<void>;
  /** To another step; `at`: to this row of the file. */
  go: (step: Step, at?: RowPlace) => void;
}

export interface RowPlace {
  table: string;
  row: number;
}

const OPEN: Step[] = ["sheet", "map", "check", "rehearse"];
const VIEWS = { sheet: SheetStep, map: MappingStep, check: CheckStep, rehearse: RehearseStep };

/** A file that was read: everything that may be decided about it before it comes in. The step stands in the address. */
export function Workbench({ job, onChanged }: { job: ImportJob; onChanged: () => void }) {
  const navigate = useNavigate();
  const asked = (useSearch({ strict: false }) as { step?: Step }).step;
  const step = asked && asked in VIEWS ? (asked as keyof typeof VIEWS) : "sheet";
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const entity = useEntity(job.entity ?? "");
  const preview = usePreview(job);
  const report = useQuery({
    queryKey: ["import-report", job.id],
    queryFn: () => api.importReport(job.id),
    enabled: job.state === "checked",
    staleTime: Number.POSITIVE_INFINITY,
  });

  const run = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setFailure(null);
    try {
      await work();
      queryClient.removeQueries({ queryKey: ["import-report", job.id] });
      onChanged();
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  const go = (to: Step, at?: RowPlace) =>
    void navigate({ to: "/import/$id", params: { id: String(job.id) }, search: { step: to, ...at } });
  const rows = (job.sheets ?? []).reduce((sum, sheet) => sum + (sheet.rows ?? 0), 0);
  const names = (job.sheets ?? []).map((sheet) => t`「${sheet.name}」`).join("");
  const View = VIEWS[step];
  const wrong = failure ?? report.error;
  return (
    <>
      <StepLine
        now={step}
        open={OPEN}
        onGo={(to) => go(to)}
        facts={plural(rows, { other: `${names} # 行` })}
      />
      {wrong || job.state === "failed" ? (
        <div className="import-failure">
          <Banner bad>{wrong ? sentenceOf(wrong) : (job.error?.message ?? t`没有读成`)}</Banner>
        </div>
      ) : null}
      <View
        job={job}
        entity={entity}
        preview={preview}
        report={job.state === "checked" ? report.data : undefined}
        busy={busy || job.state === "mapped"}
        patch={(body) => run(() => api.changeImport(job.id, body))}
        apply={() => run(() => api.applyImport(job.id))}
        go={go}
      />
    </>
  );
}
