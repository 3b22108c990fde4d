import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Button, Modal } from "antd";
import { type KeyboardEvent, useDeferredValue, useState } from "react";
import { api } from "@/api/calls";
import { may, useCatalog } from "@/api/catalog";
import { announce } from "@/api/events";
import { Problem } from "@/api/problem";
import { useDraft } from "@/lib/drafts";
import { recordChange } from "@/records/undo";
import { sentenceOf } from "@/ui/errors";
import { useFocusBack } from "@/ui/focus";
import { Keys } from "@/ui/keys";
import { Marked } from "@/ui/marked";
import { Banner } from "@/ui/page";
import { Duplicates } from "./duplicates";
import { type Filled, filledFrom, lineKey, linesOf, recordFrom, setLine } from "./parts";
import { QuickLine } from "./quick-line";
import "./quick-entry.css";

/** A message, a signature or a card becomes a customer: pasted, recognised, checked, saved. */
export function QuickEntry({ onClose }: { onClose: () => void }) {
  useFocusBack();
  const catalog = useCatalog();
  const navigate = useNavigate();
  const [text, setText, clearText] = useDraft("quick-entry.text", "");
  const [typed, setTyped, clearTyped] = useDraft<Filled>("quick-entry.typed", {});
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const wanted = useDeferredValue(text.trim());
  const reading = useQuery({
    queryKey: ["recognise", text],
    queryFn: ({ signal }) => api.recognise(text, signal),
    enabled: wanted !== "",
    placeholderData: (before) => before,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const found = wanted && reading.data ? reading.data : { found: [], rest: [] };
  // What was typed by hand wins over what was recognised.
  const filled: Filled = { ...filledFrom(found.found), ...typed };
  const lines = linesOf(catalog, filled);
  const unused = found.rest.filter((piece) => !Object.values(filled).some((value) => value?.includes(piece)));
  const record = recordFrom(filled, text);
  const customer = catalog?.entities.find((entity) => entity.key === "customer");

  const reset = () => {
    clearText();
    clearTyped();
    setProblem(null);
  };
  const save = async (again: boolean) => {
    setBusy(true);
    setProblem(null);
    try {
      const answer = await api.createRecord("customer", record.customer);
      const changesets = [answer.changeset];
      if (record.followUp) {
        const done = await api.followUp({ ...record.followUp, customer: answer.id });
        changesets.push(done.changeset);
      }
      announce("customer", [answer.id]);
      announce("task");
      recordChange(t`已新建「${record.customer.name as string}」`, changesets);
      reset();
      if (!again) {
        onClose();
        void navigate({ to: "/record/$entity/$id", params: { entity: "customer", id: String(answer.id) } });
      }
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, {}));
    } finally {
      setBusy(false);
    }
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    void save(false);
  };
  const known = new Set(lines.map((line) => line.field));
  const elsewhere = problem?.errors.filter((fault) => !known.has(fault.field.split(".").at(-1) ?? "")) ?? [];
  return (
    <Modal
      open
      width={960}
      title={
        <>
          {t`快速录入`}{" "}
          <span className="quiet subtitle">{t`粘贴微信、名片、签名，自己认出字段，不联网`}</span>
        </>
      }
      className="quick-entry"
      onCancel={onClose}
      footer={
        <div className="line">
          <span className="quiet">{text.trim() ? t`原文会记在第一条跟进里` : ""}</span>
          <span className="grow" />
          {text || Object.keys(typed).length > 0 ? (
            <Button type="text" onClick={reset}>{t`清空`}</Button>
          ) : null}
          <Button loading={busy} disabled={!may(customer, "create")} onClick={() => void save(true)}>
            {t`存了再来一个`}
          </Button>
          <Button
            type="primary"
            loading={busy}
            disabled={!may(customer, "create")}
            data-testid="quick-save"
            onClick={() => void save(false)}
          >
            {t`保存`} <Keys keys="Ctrl ↵" />
          </Button>
        </div>
      }
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: one key for all fields inside */}
      <div className="quick-body" onKeyDown={onKey}>
        <div className="quick-source">
          <textarea
            // biome-ignore lint/a11y/noAutofocus: the dialog is opened in order to paste
            autoFocus
            className="plain-input"
            rows={8}
            maxLength={4000}
            aria-label={t`粘贴的文字`}
            placeholder={t`在这里粘贴，比如：丽泽云杉咖啡的店长江映雪，手机 138 0000 7745`}
            data-testid="quick-text"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          {found.found.length > 0 && reading.data && !reading.isPlaceholderData ? (
            <p className="marked" data-testid="quick-marked">
              <span className="visually-hidden">{t`认出的部分：`}</span>
              <Marked text={text} places={found.found.map(({ start, end }) => [start, end])} />
            </p>
          ) : null}
        </div>
        <div className="quick-fields">
          <Duplicates values={record.customer} onOpen={onClose} />
          {problem && (elsewhere.length > 0 || problem.errors.length === 0) ? (
            <Banner bad>
              {elsewhere.length > 0
                ? elsewhere.map((fault) => <div key={fault.field}>{fault.message}</div>)
                : sentenceOf(problem)}
            </Banner>
          ) : null}
          {lines.map((line) => (
            <QuickLine
              key={lineKey(line)}
              line={line}
              value={filled[lineKey(line)] ?? ""}
              note={
                lineKey(line) in typed
                  ? null
                  : (found.found.find((one) => lineKey(one) === lineKey(line)) ?? null)
              }
              fault={problem?.errors.find((fault) => fault.field.split(".").at(-1) === line.field)?.message}
              onChange={(value) => setTyped((before) => setLine(before, line, value))}
            />
          ))}
          {unused.length > 0 ? (
            <div className="quick-rest">
              <span className="quiet">{t`没用上的`}</span>
              <span>{unused.join(t`、`)}</span>
              <button
                type="button"
                className="link-button"
                data-testid="quick-rest"
                onClick={() =>
                  setTyped((before) => ({
                    ...before,
                    "customer.remark": [filled["customer.remark"], ...unused].filter(Boolean).join(t`；`),
                  }))
                }
              >
                {t`放进备注`}
              </button>
            </div>
          ) : null}
        </div>
      </div>
    </Modal>
  );
}
