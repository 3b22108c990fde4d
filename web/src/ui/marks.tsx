// Small signs with a meaning: grade, flag, stage, person. Each says it by form, colour and word together.
import {
  ChevronsUp,
  Circle,
  CircleCheck,
  CircleDashed,
  CircleQuestionMark,
  CircleX,
  Clock3,
  FileClock,
  type LucideIcon,
  Moon,
  OctagonAlert,
  RotateCcw,
  TrendingDown,
  UserX,
} from "lucide-react";
import "./marks.css";

const GRADES = ["a", "b", "c"];

/** A grade by its first letter: solid, tinted, outlined, dashed. */
export function Grade({ grade, label, large }: { grade: string; label: string; large?: boolean }) {
  const form = GRADES.includes(grade) ? grade : "d";
  return (
    <span className={`grade ${form}${large ? " large" : ""}`} role="img" aria-label={label} title={label}>
      {label.trim().slice(0, 1).toUpperCase()}
    </span>
  );
}

export type Family = "red" | "amb" | "grn" | "blu" | "pur" | "sla";

/** One that the firm has added itself has no sign. */
export function Flag({ family, icon: Icon, text }: { family: Family; icon?: LucideIcon; text: string }) {
  return (
    <span className={`flag ${family}`}>
      {Icon ? <Icon size={12} strokeWidth={2.1} aria-hidden /> : null}
      <span>{text}</span>
    </span>
  );
}

/** What a flag looks like, by the key that the catalog gives it. */
export const FLAGS: Record<string, [Family, LucideIcon]> = {
  normal: ["grn", CircleCheck],
  follow_up_due: ["amb", Clock3],
  needs_escalation: ["pur", ChevronsUp],
  complaint: ["red", OctagonAlert],
  churn_risk: ["red", TrendingDown],
  lost: ["sla", UserX],
  contract_expiring: ["amb", FileClock],
  data_to_verify: ["blu", CircleQuestionMark],
  no_recent_business: ["sla", Moon],
};

const STAGES: Record<string, LucideIcon> = {
  potential: CircleDashed,
  customer: CircleCheck,
  dormant: Moon,
  lost: CircleX,
  won_back: RotateCcw,
};

export function Stage({ stage, label }: { stage: string; label: string }) {
  const Icon = STAGES[stage] ?? Circle;
  return (
    <span className="with-icon">
      <Icon size={14} strokeWidth={1.75} aria-hidden />
      {label}
    </span>
  );
}

/** The surname in a circle; no colour says who is who. */
export function Avatar({ name }: { name: string }) {
  return (
    <span className="avatar" aria-hidden>
      {name.trim().slice(0, 1).toUpperCase()}
    </span>
  );
}
