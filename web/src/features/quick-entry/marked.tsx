import { t } from "@lingui/core/macro";
import type { Recognised } from "@/api/types";

/** The pasted text with what was recognised underlined. */
export function Marked({ text, found }: { text: string; found: Recognised[] }) {
  const pieces: { at: number; text: string; hit: boolean }[] = [];
  let at = 0;
  for (const find of [...found].sort((a, b) => a.start - b.start)) {
    // Offsets count characters; JavaScript counts halves of rare ones.
    const [start, end] = [find.start, find.end];
    if (start < at) continue;
    const letters = [...text];
    if (start > at) pieces.push({ at, text: letters.slice(at, start).join(""), hit: false });
    pieces.push({ at: start, text: letters.slice(start, end).join(""), hit: true });
    at = end;
  }
  pieces.push({ at, text: [...text].slice(at).join(""), hit: false });
  return (
    <p className="marked" data-testid="quick-marked">
      <span className="visually-hidden">{t`认出的部分：`}</span>
      {pieces.map((piece) =>
        piece.hit ? <mark key={piece.at}>{piece.text}</mark> : <span key={piece.at}>{piece.text}</span>,
      )}
    </p>
  );
}
