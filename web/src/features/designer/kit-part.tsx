import { plural, t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Button, Select } from "antd";
import { useState } from "react";
import { api } from "@/api/calls";
import { refreshCatalog, useCatalog } from "@/api/catalog";
import type { KitDifference } from "@/api/types";
import { textOf } from "@/i18n";
import { recordChange } from "@/records/undo";
import { sentenceOf } from "@/ui/errors";
import { Skeleton } from "@/ui/page";

const NAMED = 8;

/** Compares the kit of a trade with the ledger, and brings it in: what would come, and what stays as the firm has it. */
export function KitPart() {
  const kits = useQuery({ queryKey: ["kits"], queryFn: api.kits, staleTime: Number.POSITIVE_INFINITY });
  const [kit, setKit] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const diff = useQuery({
    queryKey: ["kit-diff", kit],
    queryFn: () => api.kitDiff(kit ?? ""),
    enabled: kit !== undefined,
    staleTime: 0,
  });
  const name = textOf(kits.data?.items.find((one) => one.kit === kit)?.label);
  const apply = async () => {
    if (!kit) return;
    setBusy(true);
    setFailure("");
    try {
      const answer = await api.applyKit(kit);
      await refreshCatalog();
      recordChange(t`已套用「${name}」`, [answer.changeset]);
      await diff.refetch();
    } catch (error) {
      setFailure(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  const found = diff.data;
  const nothing = found && found.missing.length + found.moved.length === 0;
  return (
    <div className="stack" data-testid="kit-part">
      <h2>{t`行业模板`}</h2>
      <p className="quiet">{t`先比一比，再套用。只加不改：你改过的名称、选项和收起的字段都留着`}</p>
      <Select
        aria-label={t`行业模板`}
        data-testid="kit-select"
        placeholder={t`选一个行业`}
        value={kit}
        options={(kits.data?.items ?? []).map((one) => ({ value: one.kit, label: textOf(one.label) }))}
        onChange={setKit}
      />
      {diff.isFetching && !found ? <Skeleton rows={3} /> : null}
      {diff.error || failure ? (
        <p className="danger-text" role="alert">
          {failure || sentenceOf(diff.error)}
        </p>
      ) : null}
      {found ? (
        <div className="consequence" data-testid="kit-diff">
          <b>{nothing ? t`台账里都有了` : t`套用后会怎样`}</b>
          <Part title={t`新增`} items={found.missing} />
          <Part title={t`调整算法和说明`} items={found.moved} />
          <Part title={t`留着你自己的`} items={found.kept} />
          {nothing ? null : (
            <Button
              type="primary"
              style={{ alignSelf: "start" }}
              loading={busy}
              data-testid="apply-kit"
              onClick={() => void apply()}
            >{t`套用「${name}」`}</Button>
          )}
        </div>
      ) : null}
    </div>
  );
}

function Part({ title, items }: { title: string; items: KitDifference[] }) {
  const entities = useCatalog()?.entities ?? [];
  if (items.length === 0) return null;
  const nameOf = (item: KitDifference) => {
    const entity = entities.find((one) => one.key === item.entity);
    const field = entity?.fields.find((one) => one.key === item.field);
    return [textOf(entity?.label) || item.entity, textOf(field?.label) || item.field, item.option]
      .filter(Boolean)
      .join(" · ");
  };
  return (
    <div>
      {title} <span className="quiet small">{plural(items.length, { other: "# 项" })}</span>
      <div className="quiet small">
        {items.slice(0, NAMED).map(nameOf).join(t`、`)}
        {items.length > NAMED ? "…" : ""}
      </div>
    </div>
  );
}
