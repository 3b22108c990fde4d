// How entries that are always there are found by what was typed, and which of their letters that met.
import type { Place } from "@/ui/marked";
import type { Entry } from "./palette-entries";

/** What was typed as one piece, and without the spaces between syllables. */
function piecesTyped(typed: string): string[] {
  const asked = typed.toLowerCase().trim();
  return [asked, ...(/^[a-z' ]+$/.test(asked) ? [asked.replace(/[' ]/g, "")] : [])].filter(Boolean);
}

/**
 * How well the words hold what was typed, as one piece: 2 at the beginning of one, 1 within one, else 0. Spaces between
 * syllables do not count, and one letter is asked for at beginnings only: nearly everything holds it.
 */
export function fits(entry: Pick<Entry, "title" | "words">, typed: string): number {
  const all = ` ${entry.title} ${entry.words ?? ""}`.toLowerCase();
  const pieces = piecesTyped(typed);
  if (pieces.some((piece) => all.includes(` ${piece}`))) return 2;
  return pieces.some((piece) => !/^[a-z]$/.test(piece) && all.includes(piece)) ? 1 : 0;
}

/** Those that fit, in their groups; the group with the best one first, and within it the better ones. */
export function bestFirst<One extends Pick<Entry, "title" | "words" | "group">>(
  entries: One[],
  typed: string,
): One[] {
  const found = entries.map((entry) => ({ entry, how: fits(entry, typed) })).filter(({ how }) => how > 0);
  const best = (group: string) =>
    Math.max(...found.filter(({ entry }) => entry.group === group).map(({ how }) => how));
  const groups = [...new Set(found.map(({ entry }) => entry.group))].sort((a, b) => best(b) - best(a));
  return groups.flatMap((group) =>
    found
      .filter(({ entry }) => entry.group === group)
      .sort((a, b) => b.how - a.how)
      .map(({ entry }) => entry),
  );
}

/**
 * The letters of a title that were typed, or that pinyin or initials spell; none where another word of the entry was
 * found. The words hold how the title sounds in full and in initials: 看板 … kanban kb.
 */
export function metIn({ title, words = "" }: Pick<Entry, "title" | "words">, typed: string): Place[] {
  const lower = title.toLowerCase();
  for (const piece of piecesTyped(typed)) {
    const at = lower.length === title.length ? lower.indexOf(piece) : -1;
    if (at >= 0) {
      const from = [...title.slice(0, at)].length;
      return [[from, from + [...piece].length]];
    }
  }
  const letters = [...title].flatMap((letter, place) => (letter.trim() ? [place] : []));
  const sounds = words.split(" ");
  for (const initials of sounds.filter((sound) => sound.length === letters.length))
    for (const full of sounds) {
      const syllables = syllablesOf(full, initials);
      const found = syllables && metBy(syllables, initials, piecesTyped(typed).at(-1) ?? "");
      if (found) return placesOf(letters.slice(...found));
    }
  return [];
}

/** Places of letters, those side by side in one. */
function placesOf(letters: number[]): Place[] {
  const places: Place[] = [];
  for (const letter of letters) {
    const last = places.at(-1);
    if (last?.[1] === letter) last[1] = letter + 1;
    else places.push([letter, letter + 1]);
  }
  return places;
}

/** From which to before which syllable something typed stands, at the beginning of one if it can. */
function metBy(syllables: string[], initials: string, piece: string): Place | null {
  const short = initials.indexOf(piece);
  if (piece.length > 1 && short >= 0) return [short, short + piece.length];
  const full = syllables.join("");
  let start = 0;
  const starts = [...syllables, ""].map((syllable) => {
    start += syllable.length;
    return start - syllable.length;
  });
  const at = starts.find((place) => full.startsWith(piece, place)) ?? full.indexOf(piece);
  if (at < 0 || !piece) return null;
  const from = starts.findLastIndex((place) => place <= at);
  return [from, starts.findIndex((place) => place >= at + piece.length)];
}

const SYLLABLE = /^(?:(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?[aeiouv]{1,3}(?:ng|n|r)?|[^a-z]|[a-z])$/;

/** Cuts a sound into the syllables that begin with these initials; null when it is that of something else. */
function syllablesOf(full: string, initials: string): string[] | null {
  if (initials === "") return full === "" ? [] : null;
  if (!full.startsWith(initials[0] ?? "")) return null;
  for (let size = Math.min(6, full.length); size > 0; size--) {
    if (!SYLLABLE.test(full.slice(0, size))) continue;
    const rest = syllablesOf(full.slice(size), initials.slice(1));
    if (rest) return [full.slice(0, size), ...rest];
  }
  return null;
}
