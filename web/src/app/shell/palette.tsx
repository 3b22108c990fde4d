import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Modal } from "antd";
import { Search, X } from "lucide-react";
import { Fragment, type KeyboardEvent, useDeferredValue, useEffect, useRef, useState } from "react";
import { api } from "@/api/calls";
import { useCatalog } from "@/api/catalog";
import type { Entity, Id, SearchAnswer } from "@/api/types";
import { Duplicates } from "@/features/quick-entry/duplicates";
import { rememberName } from "@/fields/references";
import { useOpenSheet } from "@/records/detail/sheet";
import { sentenceOf } from "@/ui/errors";
import { useFocusBack } from "@/ui/focus";
import { Keys } from "@/ui/keys";
import type { Layer } from "@/ui/layer";
import { Marked } from "@/ui/marked";
import { Grade } from "@/ui/marks";
import { comparedOf, type Entry, tellsApart, useEntries } from "./palette-entries";

const NOTHING: SearchAnswer = { hits: [], people: [] };

interface Props {
  onClose: () => void;
  onLayer: (layer: Layer) => void;
}

/** Finds records, people, views, places and actions by a piece of their name, from anywhere. */
export function Palette({ onClose, onLayer }: Props) {
  useFocusBack();
  const navigate = useNavigate();
  const openSheet = useOpenSheet();
  const catalog = useCatalog();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  // Typed is a name or number, of which is told whether it is in the ledger already; nothing is searched.
  const [checks, setChecks] = useState(false);
  const list = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const search = useDeferredValue(text.trim());
  const found = useQuery({
    queryKey: ["search", search],
    queryFn: async ({ signal }) => {
      const answer = await api.search(search, signal);
      for (const { id, name } of answer.people) rememberName("user", id, name);
      return answer;
    },
    enabled: search !== "" && !checks,
    placeholderData: (before) => before,
  });
  const answer = search && found.data ? found.data : NOTHING;
  const { hits } = answer;
  const first = hits.find((hit) => hit.entity === "customer")?.id ?? null;
  // The customer that was marked last: what one can do with it follows, and stays while one goes there.
  const [marked, setMarked] = useState<Id | null>(null);
  const isThere = hits.some((hit) => hit.entity === "customer" && hit.id === marked);
  const customer = catalog?.entities.find((entity) => entity.key === "customer");
  const offered = useEntries(catalog, search, answer, isThere ? marked : first, onLayer);
  const entries = checks ? [] : offered;

  const mark = (index: number) => {
    setAt(index);
    const record = entries[index]?.record;
    if (record?.entity === "customer") setMarked(record.id);
  };
  const run = (entry: Entry | undefined, aside: boolean) => {
    if (!entry) return;
    if (entry.check !== undefined) {
      setChecks(true);
      setText(entry.check);
      input.current?.focus();
      return;
    }
    onClose();
    if (entry.run) entry.run();
    else if (entry.href) window.location.href = entry.href;
    else if (entry.record && aside) openSheet(entry.record);
    else if (entry.to)
      void navigate({ to: entry.to, search: entry.search ?? {}, state: entry.state ?? {} } as never);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const actionAt = entries.findIndex((entry) => entry.key === "write" || entry.key === "call");
    if (event.key === "ArrowDown") mark(Math.min(at + 1, entries.length - 1));
    else if (event.key === "ArrowUp") mark(Math.max(at - 1, 0));
    else if (event.key === "Tab" && !event.shiftKey && actionAt >= 0) mark(actionAt);
    else if (event.key === "Backspace" && checks && text === "") setChecks(false);
    else if (event.key === "Enter") run(entries[at], event.ctrlKey || event.metaKey);
    else return;
    event.preventDefault();
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: another choice scrolls into view
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [at]);
  return (
    <Modal
      open
      footer={null}
      closable={false}
      width={692}
      onCancel={onClose}
      title={null}
      className="palette"
      style={{ top: 96 }}
    >
      <div className="palette-head">
        <Search size={18} strokeWidth={1.75} aria-hidden />
        <input
          // biome-ignore lint/a11y/noAutofocus: the palette is opened in order to type
          autoFocus
          ref={input}
          className="palette-input"
          data-testid="palette-input"
          role="combobox"
          aria-label={t`搜索`}
          aria-expanded={entries.length > 0}
          aria-controls="palette-hits"
          aria-activedescendant={entries[at] ? `palette-hit-${at}` : undefined}
          placeholder={checks ? t`名称或电话，看台账里有没有` : t`找客户、联系人、电话，或者要做的事`}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
            setMarked(null);
          }}
          onKeyDown={onKey}
        />
        {checks ? (
          <button
            type="button"
            className="palette-mode"
            aria-label={t`不再查撞单`}
            data-testid="palette-checks"
            onClick={() => {
              setChecks(false);
              input.current?.focus();
            }}
          >
            {t`撞单查询`} <X size={12} aria-hidden />
          </button>
        ) : null}
      </div>
      <div ref={list} id="palette-hits" className="palette-list" role="listbox" aria-label={t`找到的`}>
        {entries.map((entry, index) => {
          const { icon: Icon } = entry;
          return (
            <Fragment key={entry.key}>
              {entry.group === entries[index - 1]?.group ? null : (
                <div className="palette-group" role="presentation">
                  {entry.group}
                  {entry.record && search ? (
                    <span>{entries.filter((other) => other.group === entry.group).length}</span>
                  ) : null}
                </div>
              )}
              <button
                id={`palette-hit-${index}`}
                type="button"
                role="option"
                aria-selected={index === at}
                tabIndex={-1}
                className="palette-hit"
                data-testid={entry.record ? "palette-hit" : "palette-entry"}
                onMouseMove={() => mark(index)}
                onClick={(event) => run(entry, event.ctrlKey || event.metaKey)}
              >
                {entry.grade ? (
                  <Grade grade={entry.grade.key} label={entry.grade.label} />
                ) : (
                  <Icon size={16} strokeWidth={1.75} aria-hidden />
                )}
                <span className="title">
                  <Marked text={entry.title} places={entry.titleMet ?? []} />
                </span>
                {entry.note ? (
                  <span className="quiet small note">
                    <Marked text={entry.note} places={entry.noteMet ?? []} />
                  </span>
                ) : null}
                <span className="grow" />
                {entry.due ? <span className="danger-text">{entry.due}</span> : null}
                {entry.owner ? <span className="quiet owner">{entry.owner}</span> : null}
                {entry.keys ? <Keys keys={entry.keys} /> : null}
              </button>
            </Fragment>
          );
        })}
        {checks ? <Checked typed={search} customer={customer} onClose={onClose} /> : null}
        {found.error ? <p className="danger-text">{sentenceOf(found.error)}</p> : null}
        {search && !checks && found.isSuccess && !found.isPlaceholderData && entries.length === 0 ? (
          <p className="quiet">{t`没有找到「${search}」`}</p>
        ) : null}
      </div>
      {checks ? null : (
        <div className="palette-foot">
          <span className="palette-keys">
            <Keys keys="↑ ↓" /> {t`选择`}
            <Keys keys="↵" /> {t`打开`}
            <Keys keys="Ctrl ↵" /> {t`侧边打开`}
            <Keys keys="Tab" /> {t`对它操作`}
          </span>
          <span className="grow" />
          <span className="quiet">{t`拼音、首字母、手机后四位都能搜`}</span>
        </div>
      )}
    </Modal>
  );
}

/** Whether a name or a number is in the ledger already, be it a colleague's: then no more than that. */
function Checked({
  typed,
  customer,
  onClose,
}: {
  typed: string;
  customer: Entity | undefined;
  onClose: () => void;
}) {
  return (
    <div className="palette-checked">
      {tellsApart(typed) ? (
        <Duplicates
          values={comparedOf(customer, typed)}
          onOpen={onClose}
          none={t`没有撞单：台账里没有「${typed}」`}
        />
      ) : null}
      <p className="quiet">{t`同事的客户也算，只告诉你有没有，不显示资料。`}</p>
    </div>
  );
}
