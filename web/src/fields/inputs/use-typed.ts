import { useEffect, useState } from "react";

/** The search text of a list that opens with something typed already; the list empties it while it opens. */
export function useTyped(typed: string | undefined): [text: string, setText: (text: string) => void] {
  const [text, setText] = useState("");
  useEffect(() => {
    if (!typed) return;
    const timer = setTimeout(() => setText(typed), 60);
    return () => clearTimeout(timer);
  }, [typed]);
  return [text, setText];
}
