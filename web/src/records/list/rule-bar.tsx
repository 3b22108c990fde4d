import type { Family } from "./params";
import "./rule-bar.css";

/** The bar at the left of a marked row: of the first rule in one part, of the second in two, as the grid draws them. */
export function RuleBar({ family, at, className = "" }: { family: Family; at: number; className?: string }) {
  return (
    <span className={`rule-bar ${className}`} aria-hidden>
      {Array.from({ length: at + 1 }, (_, part) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts are alike
        <i key={part} style={{ background: `var(--${family})` }} />
      ))}
    </span>
  );
}
