import { useQuery } from "@tanstack/react-query";
import { Outlet } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { refreshCatalog, useCatalog } from "@/api/catalog";
import { onCatalogChange, openEvents } from "@/api/events";
import { loadDivisions } from "@/fields/regions";
import { ConflictDialog } from "@/records/conflict";
import { redoLast, undoLast } from "@/records/undo";
import { Sidebar } from "./sidebar";
import "./shell.css";

const Palette = lazy(() => import("./palette").then((part) => ({ default: part.Palette })));

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  !target.classList.contains("ime-proxy") &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** The frame around every page: places at the left, the page as one sheet. */
export function Shell() {
  const catalog = useCatalog();
  const divisions = useQuery({
    queryKey: ["divisions"],
    queryFn: loadDivisions,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [palette, setPalette] = useState(false);
  const [narrow, setNarrow] = useState(false);

  useEffect(() => {
    const close = openEvents();
    const stop = onCatalogChange(() => void refreshCatalog());
    return () => {
      stop();
      close();
    };
  }, []);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.isComposing) return;
      const key = event.key.toLowerCase();
      const redo = key === "y" || (key === "z" && event.shiftKey);
      if (key === "k") setPalette(true);
      else if (key === "\\") setNarrow((now) => !now);
      else if (isTyping(event.target)) return;
      else if (redo) void redoLast();
      else if (key === "z") void undoLast();
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);

  return (
    <div className={narrow ? "shell narrow" : "shell"}>
      <Sidebar onSearch={() => setPalette(true)} />
      <main className="sheet">
        <Suspense>{catalog && !divisions.isPending ? <Outlet /> : null}</Suspense>
      </main>
      <Suspense>{palette ? <Palette onClose={() => setPalette(false)} /> : null}</Suspense>
      <ConflictDialog />
    </div>
  );
}
