import { plural, t } from "@lingui/core/macro";
import { Button } from "antd";
import { X } from "lucide-react";
import { useState } from "react";
import { cachedCatalog } from "@/api/catalog";
import { sentenceOf } from "@/ui/errors";
import { effectTexts } from "./changes";
import { useCatalogDraft } from "./draft";

/** What was collected and is not made yet; what it would do; all of it made at once, or dropped. */
export function DraftBar() {
  const { steps, entities, effects, error, leaveOut, drop, apply } = useCatalogDraft();
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  if (!steps) return null;
  const count = steps.length;
  const make = async () => {
    setBusy(true);
    setFailure("");
    try {
      await apply(plural(count, { other: "草稿生效：# 处改动" }));
      setAsked(false);
    } catch (problem) {
      setFailure(sentenceOf(problem));
    } finally {
      setBusy(false);
    }
  };
  // A field that would go is only in the ledger, one that would come only in the draft.
  const told = effectTexts(effects, [...(cachedCatalog()?.entities ?? []), ...entities]);
  return (
    <section className="draft-bar" aria-label={t`草稿`} data-testid="draft-bar">
      <div className="line">
        <b>{t`草稿`}</b>
        <span className="quiet">
          {count
            ? plural(count, { other: "# 处改动，还没有生效。下面已经是改后的样子" })
            : t`接下来的改动先放在这里，一起生效`}
        </span>
        <span className="grow" />
        {count && !asked ? (
          <Button
            type="primary"
            disabled={Boolean(error)}
            data-testid="draft-consider"
            onClick={() => setAsked(true)}
          >{t`看影响并生效`}</Button>
        ) : null}
        <Button data-testid="draft-drop" onClick={drop}>
          {count ? t`丢掉草稿` : t`不用草稿`}
        </Button>
      </div>
      {count ? (
        <ul>
          {steps.map((step, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the place is what tells two equal edits apart
            <li key={`${at}${step.told}`}>
              {step.told}
              <button
                type="button"
                className="icon-button"
                aria-label={t`不要这一处：${step.told}`}
                onClick={() => leaveOut(at)}
              >
                <X size={12} />
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      {error || failure ? (
        <p className="danger-text" role="alert">
          {failure || sentenceOf(error)}
        </p>
      ) : null}
      {asked && count ? (
        <div className="consequence" role="status" data-testid="draft-consequence">
          <b>{t`生效后会怎样`}</b>
          {told.length > 0 ? told.map((one) => <p key={one}>{one}</p>) : <p>{t`只改显示，不动已有的数据`}</p>}
          <span className="line">
            <Button
              type="primary"
              loading={busy}
              disabled={Boolean(error)}
              data-testid="draft-apply"
              onClick={() => void make()}
            >{t`生效`}</Button>
            <Button onClick={() => setAsked(false)}>{t`再改改`}</Button>
          </span>
        </div>
      ) : null}
    </section>
  );
}
