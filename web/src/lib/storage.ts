// Small per-browser settings. A browser that forbids storage keeps them until the page closes.
const memory = new Map<string, string>();

export function remember(key: string, value: unknown): void {
  const text = JSON.stringify(value);
  memory.set(key, text);
  try {
    localStorage.setItem(`kehu.${key}`, text);
  } catch {
    // storage is full or forbidden: the copy in memory serves this page
  }
}

export function recall<T>(key: string): T | null {
  let text = memory.get(key) ?? null;
  try {
    text = localStorage.getItem(`kehu.${key}`) ?? text;
  } catch {
    // see above
  }
  return text === null ? null : (JSON.parse(text) as T);
}

/** Forgets one setting, or all whose name begins so. */
export function forget(key: string, all = false): void {
  const goes = (name: string) => (all ? name.startsWith(key) : name === key);
  for (const name of [...memory.keys()]) if (goes(name)) memory.delete(name);
  try {
    for (const name of Object.keys(localStorage))
      if (name.startsWith("kehu.") && goes(name.slice(5))) localStorage.removeItem(name);
  } catch {
    // see above
  }
}
