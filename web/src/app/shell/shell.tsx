import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { Suspense, useCallback, useEffect, useRef, useState } from "react";
import { refreshCatalog, useCatalog } from "@/api/catalog";
import { onCatalogChange, openEvents } from "@/api/events";
import { loadDivisions } from "@/fields/regions";
import { recall, remember } from "@/lib/storage";
import { ConflictDialog } from "@/records/conflict";
import { SheetArea } from "@/records/detail/sheet";
import { redoLast, undoLast } from "@/records/undo";
import { late } from "@/ui/late";
import { type Layer, OpenLayer } from "@/ui/layer";
import { Skeleton } from "@/ui/page";
import { useMedia } from "@/ui/use-media";
import { BottomBar } from "./bottom-bar";
import { ConnectionLine } from "./connection";
import { listenToKeys } from "./hotkeys";
import { Sidebar } from "./sidebar";
import "./shell.css";

const Palette = late(() => import("./palette").then((part) => part.Palette));
const KeysHelp = late(() => import("./keys-help").then((part) => part.KeysHelp));
const NoticesPanel = late(() => import("@/features/notices/notices-panel").then((part) => part.NoticesPanel));
const PlacesSheet = late(() => import("./places-sheet").then((part) => part.PlacesSheet));
const QuickEntry = late(() => import("@/features/quick-entry/quick-entry").then((part) => part.QuickEntry));

/** The frame around every page: places at the left (on a phone at the bottom), the page as one sheet. */
export function Shell() {
  const catalog = useCatalog();
  const navigate = useNavigate();
  const divisions = useQuery({
    queryKey: ["divisions"],
    queryFn: loadDivisions,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [layer, setLayer] = useState<Layer | null>(null);
  const [narrow, setNarrow] = useState(() => recall<boolean>("narrow") ?? false);
  // On a tablet the side bar lies over the page for as long as one looks for a place.
  const isTablet = useMedia("(min-width: 640px) and (max-width: 1023px)");
  const [over, setOver] = useState(false);
  const isNarrow = isTablet ? !over : narrow;
  const fold = useCallback(() => (isTablet ? setOver((now) => !now) : setNarrow((now) => !now)), [isTablet]);

  useEffect(() => {
    const close = openEvents();
    const stop = onCatalogChange(() => void refreshCatalog());
    return () => {
      stop();
      close();
    };
  }, []);

  useEffect(
    () =>
      listenToKeys({
        palette: () => setLayer("palette"),
        sidebar: fold,
        help: () => setLayer("keys"),
        quickEntry: () => setLayer("quick-entry"),
        undo: () => void undoLast(),
        redo: () => void redoLast(),
        go: (place) => void navigate({ to: place }),
      }),
    [navigate, fold],
  );
  useEffect(() => remember("narrow", narrow), [narrow]);

  const close = () => setLayer(null);
  return (
    <div className={isNarrow ? "shell narrow" : "shell"}>
      <a className="skip" href="#sheet">{t`跳到正文`}</a>
      <Sidebar
        isNarrow={isNarrow}
        onSearch={() => setLayer("palette")}
        onNotices={() => setLayer("notices")}
        onCollapse={fold}
      />
      {isTablet && over ? <Veil onClose={() => setOver(false)} /> : null}
      <main className="sheet" id="sheet" tabIndex={-1}>
        <ConnectionLine />
        <div className="sheet-page">
          <Suspense fallback={<Skeleton />}>
            <OpenLayer value={setLayer}>
              {catalog && !divisions.isPending ? <Outlet /> : <Skeleton />}
            </OpenLayer>
          </Suspense>
        </div>
      </main>
      <BottomBar onSearch={() => setLayer("palette")} onAdd={() => setLayer("quick-entry")} />
      <SheetArea />
      <Suspense>
        {layer === "palette" ? <Palette onClose={close} onLayer={setLayer} /> : null}
        {layer === "keys" ? <KeysHelp onClose={close} /> : null}
        {layer === "places" ? <PlacesSheet onClose={close} /> : null}
        {layer === "notices" ? <NoticesPanel onClose={close} /> : null}
        {layer === "quick-entry" ? <QuickEntry onClose={close} /> : null}
      </Suspense>
      <ConflictDialog />
    </div>
  );
}

/** Lies over the page while the side bar does; a click on it or another place closes both. */
function Veil({ onClose }: { onClose: () => void }) {
  const href = useLocation({ select: (location) => location.href });
  const before = useRef(href);
  useEffect(() => {
    if (href !== before.current) onClose();
  }, [href, onClose]);
  return <button type="button" className="veil" aria-label={t`关掉侧栏`} onClick={onClose} />;
}
