import { Problem } from "@/api/problem";
import { sentenceOf } from "@/ui/errors";

/** Why something was not saved, where no form stands to show each fault: the first of them. */
export const faultOf = (error: unknown): string =>
  (error instanceof Problem ? error.errors[0]?.message : undefined) ?? sentenceOf(error);
