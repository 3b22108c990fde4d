import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { useDeferredValue } from "react";
import type { Reference } from "@/api/types";
import { findReferences, targetOf } from "../references";
import { type InputProps, isReference } from "../widget";
import { useTyped } from "./use-typed";

/** Finds a record by name while typing and holds it as id and label. */
export function RelationSelect({ field, value, onChange, onDone, id, autoFocus, typed }: InputProps) {
  const [text, setText] = useTyped(typed);
  const search = useDeferredValue(text);
  const found = useQuery({
    queryKey: ["references", targetOf(field), search],
    queryFn: ({ signal }) => findReferences(targetOf(field), search, signal),
    staleTime: 30_000,
  });
  const options = found.data ?? [];
  const held = isReference(value) ? value : null;
  return (
    <Select
      id={id}
      autoFocus={autoFocus}
      defaultOpen={autoFocus}
      allowClear
      style={{ width: "100%" }}
      labelInValue
      loading={found.isFetching}
      showSearch={{ filterOption: false, searchValue: text, onSearch: setText }}
      notFoundContent={found.isFetching ? t`正在找…` : t`没有符合的`}
      options={options.map((item) => ({ value: item.id, label: item.label }))}
      value={held ? { value: held.id, label: held.label } : undefined}
      onChange={(next: { value: number; label: React.ReactNode } | undefined) => {
        const chosen: Reference | undefined = options.find((item) => item.id === next?.value);
        onChange(chosen ?? null);
        onDone?.();
      }}
    />
  );
}
