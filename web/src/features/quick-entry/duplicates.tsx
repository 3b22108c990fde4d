import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Button } from "antd";
import { Check, GitMerge } from "lucide-react";
import { useDeferredValue } from "react";
import { api } from "@/api/calls";
import type { Candidate, RecordValues } from "@/api/types";
import { titleField } from "@/fields/references";
import { plainText } from "@/fields/widget";
import { sentenceOf } from "@/ui/errors";
import "./quick-entry.css";

// The fields by which the server compares.
const COMPARED = ["name", "mobile", "office_phone", "credit_code"];

interface Props {
  values: RecordValues;
  onOpen: () => void;
  /** What is said when there is nobody; without it nothing is shown then. */
  none?: string;
}

/** Who may already be in the ledger, while one types. Of a colleague's customer only that there is one. */
export function Duplicates({ values, onOpen, none }: Props) {
  const navigate = useNavigate();
  const contact = (values.contacts as Record<string, string>[] | undefined)?.[0];
  const compared: RecordValues = {};
  for (const key of COMPARED) {
    const value = values[key] ?? contact?.[key];
    if (value) compared[key] = value;
  }
  if (contact && !values.mobile && contact.mobile) compared.mobile = contact.mobile;
  const asked = useDeferredValue(JSON.stringify(compared));
  const answer = useQuery({
    queryKey: ["duplicates", asked],
    queryFn: ({ signal }) => api.duplicates("customer", JSON.parse(asked) as RecordValues, signal),
    enabled: asked !== "{}",
    placeholderData: (before) => before,
  });
  const best = asked === "{}" ? undefined : answer.data?.candidates[0];
  const name = useQuery({
    queryKey: ["record", "customer", best?.id],
    queryFn: () => api.record("customer", best?.id ?? 0),
    enabled: typeof best?.id === "number",
  });
  if (none && answer.error) return <p className="danger-text">{sentenceOf(answer.error)}</p>;
  if (!best) {
    if (!none || !answer.isSuccess || answer.isPlaceholderData) return null;
    return (
      <div className="duplicates none" role="status" data-testid="duplicates">
        <Check size={16} strokeWidth={1.75} aria-hidden />
        {none}
      </div>
    );
  }
  const title = name.data ? plainText(name.data.record[titleField("customer")]) : "";
  return (
    <div className="duplicates" role="status" data-testid="duplicates">
      <GitMerge size={16} strokeWidth={1.75} aria-hidden />
      <span>
        {best.visibility === "full"
          ? t`可能已经有了：${title}，${reasonText(best)}`
          : best.visibility === "pool"
            ? t`公海里可能已经有了，${reasonText(best)}`
            : t`同事那里可能已经有了，${reasonText(best)}`}
      </span>
      <span className="grow" />
      {best.id === null ? null : (
        <Button
          size="small"
          onClick={() => {
            onOpen();
            void navigate({
              to: "/record/$entity/$id",
              params: { entity: "customer", id: String(best.id) },
            });
          }}
        >{t`打开`}</Button>
      )}
    </div>
  );
}

const reasonText = (candidate: Candidate): string => candidate.why.join(t`、`);
