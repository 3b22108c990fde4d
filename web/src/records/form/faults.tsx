import type { Problem } from "@/api/problem";
import type { Field } from "@/api/types";
import { sentenceOf } from "@/ui/errors";
import { Banner } from "@/ui/page";

/** What is wrong with a form and does not stand under one of its fields. */
export function Faults({ problem, fields }: { problem: Problem | null; fields: Field[] }) {
  if (!problem) return null;
  const elsewhere = problem.errors.filter((item) => !fields.some((field) => field.key === item.field));
  if (problem.errors.length > 0 && elsewhere.length === 0) return null;
  return (
    <Banner bad>
      {elsewhere.length > 0
        ? elsewhere.map((item) => <div key={item.field}>{item.message}</div>)
        : sentenceOf(problem)}
    </Banner>
  );
}
