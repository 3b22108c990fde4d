// Keys as the machine in front of the reader names them.

const isMac = /mac|iphone|ipad/i.test(navigator.platform);

/** "Ctrl K" → "⌘ K" on a Mac. */
export const keyText = (keys: string): string => (isMac ? keys.replace("Ctrl", "⌘") : keys);

export function Keys({ keys }: { keys: string }) {
  return (
    <span className="keys" aria-hidden>
      {keyText(keys)
        .split(" ")
        .map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
    </span>
  );
}

/** Is this key meant for a field that is being typed into? */
export const isTyping = (event: KeyboardEvent): boolean =>
  event.isComposing ||
  (event.target instanceof HTMLElement &&
    (event.target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)));
