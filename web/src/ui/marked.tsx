// Letters of a text that stand out: what was found or recognised in it. Text only, never markup.

/** Where something stands in a text: from, and before which character; rare characters count as one. */
export type Place = [from: number, before: number];

/** A text in pieces, those of the places apart. Places that overlap an earlier one are left out. */
export function piecesOf(text: string, places: Place[]): { at: number; text: string; isMet: boolean }[] {
  // Places count characters; JavaScript counts halves of rare ones.
  const letters = [...text];
  const pieces: { at: number; text: string; isMet: boolean }[] = [];
  let at = 0;
  const take = (before: number, isMet: boolean) => {
    const piece = letters.slice(at, before).join("");
    if (piece) pieces.push({ at, text: piece, isMet });
    at = before;
  };
  for (const [from, before] of [...places].sort((a, b) => a[0] - b[0])) {
    if (from < at) continue;
    take(from, false);
    take(Math.min(before, letters.length), true);
  }
  take(letters.length, false);
  return pieces;
}

export function Marked({ text, places }: { text: string; places: Place[] }) {
  return piecesOf(text, places).map((piece) =>
    piece.isMet ? <mark key={piece.at}>{piece.text}</mark> : <span key={piece.at}>{piece.text}</span>,
  );
}
