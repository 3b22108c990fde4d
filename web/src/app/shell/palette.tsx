import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Modal } from "antd";
import { type KeyboardEvent, useDeferredValue, useState } from "react";
import { api } from "@/api/calls";
import { useCatalog } from "@/api/catalog";
import type { SearchHit } from "@/api/types";
import { textOf } from "@/i18n";
import { sentenceOf } from "@/ui/errors";

/** Finds any record by a piece of it, from anywhere. */
export function Palette({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const catalog = useCatalog();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const search = useDeferredValue(text.trim());
  const found = useQuery({
    queryKey: ["search", search],
    queryFn: ({ signal }) => api.search(search, signal),
    enabled: search !== "",
    placeholderData: (before) => before,
  });
  const hits = search ? (found.data?.hits ?? []) : [];
  const nameOf = (key: string) =>
    textOf(catalog?.entities.find((entity) => entity.key === key)?.label) || key;

  const open = (hit: SearchHit | undefined) => {
    if (!hit) return;
    onClose();
    void navigate({ to: "/record/$entity/$id", params: { entity: hit.entity, id: String(hit.id) } });
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown") setAt((now) => Math.min(now + 1, hits.length - 1));
    else if (event.key === "ArrowUp") setAt((now) => Math.max(now - 1, 0));
    else if (event.key === "Enter") open(hits[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Modal
      open
      footer={null}
      closable={false}
      width={640}
      onCancel={onClose}
      title={null}
      style={{ top: 80 }}
    >
      <input
        // biome-ignore lint/a11y/noAutofocus: the palette is opened in order to type
        autoFocus
        className="palette-input"
        data-testid="palette-input"
        role="combobox"
        aria-expanded={hits.length > 0}
        aria-controls="palette-hits"
        aria-activedescendant={hits[at] ? `palette-hit-${at}` : undefined}
        placeholder={t`找客户、订单、电话…`}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKey}
      />
      <div id="palette-hits" className="palette-list" role="listbox" aria-label={t`找到的记录`}>
        {hits.map((hit, index) => (
          <button
            key={`${hit.entity}:${hit.id}`}
            id={`palette-hit-${index}`}
            type="button"
            role="option"
            aria-selected={index === at}
            tabIndex={-1}
            className="palette-hit"
            data-testid="palette-hit"
            onMouseMove={() => setAt(index)}
            onClick={() => open(hit)}
          >
            <span>{hit.title}</span>
            {hit.subtitle ? <span className="quiet small">{hit.subtitle}</span> : null}
            <span className="grow" />
            <span className="quiet small">{nameOf(hit.entity)}</span>
          </button>
        ))}
        {found.error ? <p className="danger-text">{sentenceOf(found.error)}</p> : null}
        {search && found.isSuccess && !found.isPlaceholderData && hits.length === 0 ? (
          <p className="quiet">{t`没有找到「${search}」`}</p>
        ) : null}
      </div>
    </Modal>
  );
}
