import type { ReactNode } from "react";

/** Title, quiet facts, actions at the right; the main button comes last. */
export function PageHeader({
  title,
  facts,
  actions,
}: {
  title: ReactNode;
  facts?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <header className="page-header">
      <h1>{title}</h1>
      {facts ? <span className="quiet">{facts}</span> : null}
      {actions ? <div className="actions">{actions}</div> : null}
    </header>
  );
}

/** What will be here, one sentence, and what to do now. */
export function Empty({ icon, title, children }: { icon?: ReactNode; title: string; children?: ReactNode }) {
  return (
    <div className="empty" data-testid="empty">
      {icon}
      <span>{title}</span>
      {children}
    </div>
  );
}

export function Banner({ bad, children }: { bad?: boolean; children: ReactNode }) {
  return (
    <div className={bad ? "banner bad" : "banner"} role={bad ? "alert" : "note"}>
      {children}
    </div>
  );
}

export function Figure({ value, label, testid }: { value: ReactNode; label: string; testid?: string }) {
  return (
    <div className="figure">
      <b data-testid={testid}>{value}</b>
      <span>{label}</span>
    </div>
  );
}

/** Grey bars in the place of what is being read; shown only after a moment, so that quick pages do not flicker. */
export function Skeleton({ rows = 6 }: { rows?: number }) {
  return (
    <div className="skeleton" aria-hidden>
      {Array.from({ length: rows }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the bars are all alike and never move
        <i key={at} />
      ))}
    </div>
  );
}
