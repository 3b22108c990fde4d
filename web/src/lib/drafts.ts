// What has been typed and not yet saved: kept in this browser, so that a reload, a crash or a lost network costs
// nothing. Drafts of the one who signs out go with him.
import { useEffect, useState } from "react";
import { forget, recall, remember } from "./storage";

const PREFIX = "draft.";

/** Like useState, but what is set survives the page. `clear` once it is saved. */
export function useDraft<T>(
  key: string,
  start: T,
): [value: T, set: (next: T | ((before: T) => T)) => void, clear: () => void, restored: boolean] {
  const [value, setValue] = useState<T>(() => recall<T>(PREFIX + key) ?? start);
  const [restored] = useState(() => recall<T>(PREFIX + key) !== null);
  const [dirty, setDirty] = useState(false);
  useEffect(() => {
    if (dirty) remember(PREFIX + key, value);
  }, [key, value, dirty]);
  return [
    value,
    (next) => {
      setDirty(true);
      setValue(next);
    },
    () => {
      setDirty(false);
      setValue(start);
      forget(PREFIX + key);
    },
    restored,
  ];
}

/** Is there something unsaved under this key? */
export const hasDraft = (key: string): boolean => recall(PREFIX + key) !== null;

/** Throws away all drafts of this browser. */
export const forgetDrafts = (): void => forget(PREFIX, true);
