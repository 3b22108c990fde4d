import { t } from "@lingui/core/macro";
import { Input } from "antd";
import { useState } from "react";
import { sentenceOf } from "@/ui/errors";
import { toast } from "@/ui/toast";
import type { RowStore } from "../grid/row-store";

/** Goes to a row by its number, however far away. */
export function JumpBox({ store, onJump }: { store: RowStore; onJump: (row: number) => void }) {
  const [text, setText] = useState("");
  const jump = async () => {
    const wanted = Number.parseInt(text.normalize("NFKC"), 10);
    if (!(wanted > 0)) return;
    try {
      if (wanted > store.totals.rows && !store.totals.exact) await store.countExactly();
    } catch (error) {
      return toast(sentenceOf(error));
    }
    const row = Math.min(wanted, store.totals.rows) - 1;
    if (row < 0) return;
    store.show(row, row + 40);
    onJump(row);
    setText("");
  };
  return (
    <Input
      size="small"
      style={{ width: 96 }}
      inputMode="numeric"
      placeholder={t`到第几行`}
      aria-label={t`到第几行`}
      data-testid="jump-row"
      value={text}
      onChange={(event) => setText(event.target.value)}
      onPressEnter={(event) => {
        // The grid may have the cursor before the key is through: it must not write a line into the cell.
        event.preventDefault();
        void jump();
      }}
    />
  );
}
