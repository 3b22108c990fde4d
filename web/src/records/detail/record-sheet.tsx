import { t } from "@lingui/core/macro";
import { useNavigate } from "@tanstack/react-router";
import { Drawer } from "antd";
import { Maximize2 } from "lucide-react";
import { type KeyboardEvent as ReactKeyboardEvent, useEffect, useState } from "react";
import { useEntity } from "@/api/catalog";
import type { Id } from "@/api/types";
import { recall, remember } from "@/lib/storage";
import { hasLayer, useFocusBack } from "@/ui/focus";
import { RecordView } from "./record-view";
import { useOpenSheet } from "./sheet";
import { useNeighbours } from "./trail";

const NARROWEST = 480;
const USUAL = 560;
const STEP = 20;

/** A new contact is made in a drawer of its own. */
const hasDrawerAbove = (): boolean => document.querySelectorAll(".ant-drawer-open").length > 1;

/** A record at the side, in one column; Esc closes it, its width is remembered. */
export function RecordSheet({ entity: key, id }: { entity: string; id: Id }) {
  const entity = useEntity(key);
  const navigate = useNavigate();
  const openSheet = useOpenSheet();
  const neighbours = useNeighbours(key, id);
  useFocusBack(); // such as to the cell of the grid
  const [width, setWidth] = useState(() => Math.max(NARROWEST, recall<number>("sheet-width") ?? USUAL));
  const resize = (to: number) => {
    const next = Math.round(Math.min(Math.max(NARROWEST, to), window.innerWidth - STEP));
    remember("sheet-width", next);
    setWidth(next);
  };
  const onEdgeKey = (event: ReactKeyboardEvent) => {
    const step = event.key === "ArrowLeft" ? STEP : event.key === "ArrowRight" ? -STEP : 0;
    if (!step) return;
    event.preventDefault();
    resize(width + step);
  };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !event.defaultPrevented && !hasLayer() && !hasDrawerAbove())
        openSheet(null);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [openSheet]);
  if (!entity) return null;
  return (
    <Drawer
      open
      mask={false}
      title={null}
      closable={false}
      keyboard={false}
      size={width}
      resizable={{ onResize: resize }}
      onClose={() => openSheet(null)}
      styles={{ body: { padding: 0 } }}
      data-testid="record-sheet"
    >
      {/* biome-ignore lint/a11y/useSemanticElements: a rule cannot be moved */}
      <div
        role="separator"
        tabIndex={0}
        className="sheet-edge"
        aria-orientation="vertical"
        aria-label={t`侧栏的宽度，← → 改`}
        aria-valuenow={width}
        aria-valuemin={NARROWEST}
        data-testid="sheet-edge"
        onKeyDown={onEdgeKey}
      />
      <RecordView
        key={`${key}:${id}`}
        entity={entity}
        id={id}
        inSheet
        neighbours={neighbours}
        onMove={(next) => openSheet({ entity: key, id: next })}
        onClose={() => openSheet(null)}
        extra={
          <button
            type="button"
            className="icon-button"
            aria-label={t`打开整页`}
            title={t`打开整页`}
            onClick={() => {
              void navigate({
                to: "/record/$entity/$id",
                params: { entity: key, id: String(id) },
                search: {},
              });
            }}
          >
            <Maximize2 size={16} strokeWidth={1.75} />
          </button>
        }
      />
    </Drawer>
  );
}
