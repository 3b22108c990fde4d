import type { LucideIcon } from "lucide-react";
import type { KeyboardEvent } from "react";

export interface Choice<T extends string> {
  value: T;
  label: string;
  icon?: LucideIcon;
}

interface Props<T extends string> {
  label: string;
  /** What the test ids of the choices begin with. */
  name: string;
  value: T;
  choices: Choice<T>[];
  onChange: (value: T) => void;
}

/** One of a few, side by side; the arrows choose too. */
export function Choices<T extends string>({ label, name, value, choices, onChange }: Props<T>) {
  const onKey = (event: KeyboardEvent<HTMLElement>) => {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = choices.findIndex((choice) => choice.value === value);
    const next = (at + step + choices.length) % choices.length;
    (event.currentTarget.children[next] as HTMLElement).focus();
    if (choices[next]) onChange(choices[next].value);
  };
  return (
    <div className="choices" role="radiogroup" aria-label={label} onKeyDown={onKey}>
      {choices.map(({ value: one, label: text, icon: Icon }) => (
        // biome-ignore lint/a11y/useSemanticElements: it looks like a button, and a form must not send it
        <button
          key={one}
          type="button"
          role="radio"
          aria-checked={one === value}
          tabIndex={one === value ? 0 : -1}
          data-testid={`${name}-${one}`}
          onClick={() => onChange(one)}
        >
          {Icon ? <Icon size={14} strokeWidth={1.75} aria-hidden /> : null}
          {text}
        </button>
      ))}
    </div>
  );
}
