"""The one builder of search tokens, and the parser that turns typed text into what to look up.

Both databases index the same tokens: FTS5 with tokenize='ascii' and array_to_tsvector. A token is the class of its
field (a letter for how the text behaves, then a number for fields with their own visibility), a letter for the kind,
and the text: `nh宏远`. Tokens are stored: whoever changes them adds a migration like 0004, which has the indexes built
again. It must not touch a database; `match.py` says which of the candidates really match.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain, pairwise, product
from operator import add
from typing import NamedTuple

from kehu.base.common.pinyin import all_syllables, has_rare_reading, readings, syllables
from kehu.base.common.text import narrow

# Behaviours, the first letter of a class: n names, p phones, c codes, t other texts, x long texts.
CLASS = re.compile(r"[npctx]\d*", re.ASCII)
LONG = "x"
# Kinds: what follows the class in a token.
GRAM = "h"  # one or two Han characters
WORD = "w"  # a word of letters and digits, found by its beginning
SYLLABLE = "y"  # pinyin of one character
INITIALS = "i"  # initials of three neighbours (of the last two at the end), found by the first two
FIRST = "f"  # initial of the very first character: what one typed letter finds
WHOLE = "z"  # all letters and digits of a code or phone, found by the beginning
BACKWARDS = "r"  # the same reversed, found by the end
NETWORK = "s"  # the first three digits of a phone: so many begin with 138 that their whole numbers are not merged

_TOKEN = re.compile(rf"({CLASS.pattern})([a-z])(.*)", re.ASCII | re.DOTALL)
LONGEST_WORD = 40
_READ = {"n": 200, "p": 60, "c": 100, "t": 500, "x": 20_000}  # characters of a value that are searchable
_LONGEST_QUERY = 100
_MOST_CHUNKS = 8
_MOST_PATHS = 16
_SHORTEST_TAIL = 3  # a shorter end of a number would find everybody

# Runs: Han and other scripts without spaces | words; all else separates. \u3005-\u3007 are 々〆〇.
_WIDE = (
    r"[\u2e80-\u2fff\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\ufaff"
    r"\uff66-\uffdc\U00010000-\U000dffff]+"
)
_ALL_WIDE = re.compile(_WIDE)
_RUNS = re.compile(rf"(?P<wide>{_WIDE})|[0-9a-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u1fff]+")
_ASCII_WORDS = re.compile("[0-9a-z]+").findall
_DIGITS = re.compile("[0-9]+")
_PARTS = re.compile("[0-9]+|[^0-9]+")
_PHONE_QUERY = re.compile(r"[+(]?\d[\d\s()+.\-]{5,}\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class Lookup:
    """One token, or every token that begins with it."""

    token: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class All:
    """Every part must be found."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Any:
    """At least one part must be found."""

    parts: "tuple[Node, ...]"


Node = Lookup | All | Any


class Run(NamedTuple):
    """Characters of one script: Han (and kana and the like), or a word of letters and digits."""

    text: str
    wide: bool


@dataclass(frozen=True, slots=True)
class Query:
    """What was typed, as chunks (split at spaces) of runs, and the tree of lookups; None finds nothing.

    exact: whatever the lookups find matches, so that nothing need be checked on the records.
    """

    text: str
    chunks: tuple[tuple[Run, ...], ...]
    match: Node | None
    exact: bool = False


def runs(text: str) -> list[Run]:
    """Cut a text into runs. Han characters that only signs or spaces part belong together: 宏远（上海）, 张 伟."""
    if text.isascii():
        return [Run(word, False) for word in _ASCII_WORDS(text.lower())]
    if _ALL_WIDE.fullmatch(text) is not None:
        return [Run(text, True)]
    found: list[Run] = []
    for match in _RUNS.finditer(text.lower()):
        wide = match.lastgroup is not None
        if wide and found and found[-1].wide:
            found[-1] = Run(found[-1].text + match[0], True)
        else:
            found.append(Run(match[0], wide))
    return found


def runs_at(text: str) -> list[tuple[Run, list[int]]]:
    """Return the runs of a text with the place of each of their characters in it."""
    found: list[tuple[Run, list[int]]] = []
    for match in _RUNS.finditer(text.lower()):
        run, places = Run(match[0], match.lastgroup is not None), list(range(*match.span()))
        if run.wide and found and found[-1][0].wide:
            before, earlier = found.pop()
            run, places = Run(before.text + run.text, True), earlier + places
        found.append((run, places))
    return found


def search_tokens(values: Iterable[tuple[str, str]]) -> set[str]:
    """Return the tokens of one record from its (class, text as stored) pairs. Tokens hold no ASCII signs or spaces."""
    tokens: set[str] = set()
    for kind, text in values:
        if text:
            _BUILDERS[kind[0]](kind, text[: _READ[kind[0]]], tokens)
    return tokens


def searchable(kind: str, text: str) -> str:
    """Return the part of a value that is indexed, so that checking candidates agrees with the index."""
    return text[: _READ[kind[0]]]


def phone_numbers(text: str) -> list[str]:
    """Return the digits of a stored phone, with and without its extension."""
    if text.isascii() and text.isdigit():
        return [text]
    digits = "".join(_DIGITS.findall(text))
    main, _, extension = text.rpartition("-")
    short = "".join(_DIGITS.findall(main))
    if 1 <= len(extension) <= 6 and len(short) >= 7 and extension.isdigit() and short[:3] not in ("400", "800"):
        return [digits, short]
    if len(short) == 10 and short[:3] in ("400", "800"):
        return [digits, short]
    return [digits]


def code_parts(found: Sequence[Run]) -> set[str]:
    """Return the words of a code and their parts of letters or digits alone: 2023-tec001 → 2023, tec001, tec, 001."""
    words = [run.text for run in found if not run.wide]
    parts = [part for word in words if not word.isdigit() and not word.isalpha() for part in _PARTS.findall(word)]
    return {*words, *(part for part in parts if len(part) > 1)}


def _name(kind: str, text: str, tokens: set[str]) -> None:
    first = True
    for run in runs(text):
        if not run.wide:
            tokens.add(f"{kind}{WORD}{run.text[:LONGEST_WORD]}")
            first = False
            continue
        tokens.update(_pairs(kind, run.text))
        table = _characters(kind)
        tokens.update(chain.from_iterable(map(table.__getitem__, run.text)))
        letters = list(map(_LETTERS.__getitem__, run.text))
        spelled = _SPELLED[run.text[0]]
        if has_rare_reading(run.text):
            every = syllables(run.text)
            tokens.update([f"{kind}{SYLLABLE}{one}" for each in every for one in each])
            letters = ["".join({one[0] for one in each}) for each in every]
            spelled = every[0]
        if first:
            tokens.update([f"{kind}{FIRST}{initial}" for each in spelled for initial in _initials(each)])
        _initial_runs(kind + INITIALS, letters, tokens)
        first = False


class _Spelled(dict[str, tuple[str, ...]]):
    """Character → its readings."""

    def __missing__(self, char: str) -> tuple[str, ...]:
        self[char] = found = readings(char)
        return found


class _Letters(dict[str, str]):
    """Character → the initials of its readings, usually one."""

    def __missing__(self, char: str) -> str:
        self[char] = found = "".join({one[0] for one in readings(char)})
        return found


class _Characters(dict[str, tuple[str, ...]]):
    """Character → the tokens that it gives in a name of one class wherever it stands."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def __missing__(self, char: str) -> tuple[str, ...]:
        syllables_ = [f"{self._kind}{SYLLABLE}{one}" for one in _SPELLED[char]]
        self[char] = found = (f"{self._kind}{GRAM}{char}", *syllables_)
        return found


# Grown as characters turn up, and a language has only so many; they halve the time of an import's tokens.
_SPELLED = _Spelled()
_LETTERS = _Letters()


@cache
def _characters(kind: str) -> _Characters:
    return _Characters(kind)


def _initial_runs(prefix: str, letters: Sequence[str], tokens: set[str]) -> None:
    joined = "".join(letters)
    if len(joined) == len(letters) and "" not in letters:  # one reading each, the usual case
        tokens.update([prefix + joined[at : at + 3] for at in range(len(joined) - 1)])
        return
    for at in range(len(letters) - 1):
        window = letters[at : at + 3]
        if not window[0] or not window[1]:
            continue
        if not window[-1]:
            window = window[:2]
        plain = "".join(window)
        if len(plain) == len(window):
            tokens.add(prefix + plain)
        else:
            tokens.update([prefix + "".join(combination) for combination in product(*window)])


@lru_cache(maxsize=2048)
def continuations(token: str) -> tuple[str, ...]:
    """All tokens that begin so, where a language has only so many of them: syllables, and initials of neighbours.

    Empty for everything else: of words and numbers nobody knows what may follow.
    """
    fits = _TOKEN.fullmatch(token)
    if fits is None:
        return ()
    kind, text = fits[2], fits[3]
    if kind == SYLLABLE:
        head = token[: len(token) - len(text)]
        return tuple(head + one for one in sorted(all_syllables()) if one.startswith(text))
    if kind == INITIALS and len(text) == 2:
        return (token, *(token + letter for letter in sorted({one[0] for one in all_syllables()})))
    return ()


def loosened(node: Node) -> Node:
    """Lookups that find the same and more and that a GIN index answers sooner, which lays all of a beginning together:
    beginnings of syllables are spelled out, initials that only narrow down what whole syllables find are left out.
    """
    if isinstance(node, Any):
        return Any(tuple(map(loosened, node.parts)))
    if isinstance(node, All):
        return All(tuple(map(loosened, [part for part in node.parts if not _only_initials(part)] or node.parts)))
    fits = _TOKEN.fullmatch(node.token) if node.prefix else None
    known = continuations(node.token) if fits is not None and fits[2] == SYLLABLE else ()
    return Any(tuple(map(Lookup, known))) if known else node


def _only_initials(node: Node) -> bool:
    if isinstance(node, Any):
        return all(map(_only_initials, node.parts))
    fits = _TOKEN.fullmatch(node.token) if isinstance(node, Lookup) and node.prefix else None
    return fits is not None and fits[2] == INITIALS


def _initials(syllable: str) -> tuple[str, ...]:
    return (syllable[0], syllable[:2]) if syllable[1:2] == "h" else (syllable[0],)


def _grams(kind: str, run: str, tokens: set[str]) -> None:
    prefix = kind + GRAM
    tokens.update([prefix + char for char in run])
    tokens.update(_pairs(kind, run))


def _pairs(kind: str, run: str) -> list[str]:
    prefix = kind + GRAM
    return [prefix + pair for pair in map(add, run, run[1:])]


def _text(kind: str, text: str, tokens: set[str]) -> None:
    for run in runs(text):
        if run.wide:
            _grams(kind, run.text, tokens)
        else:
            tokens.add(f"{kind}{WORD}{run.text[:LONGEST_WORD]}")


def _code(kind: str, text: str, tokens: set[str]) -> None:
    found = runs(text)
    for run in found:
        if run.wide:
            _grams(kind, run.text, tokens)
    whole = "".join(run.text for run in found if not run.wide)[:LONGEST_WORD]
    if whole:
        tokens.add(f"{kind}{WHOLE}{whole}")
        tokens.add(f"{kind}{BACKWARDS}{whole[::-1]}")
        # What begins the whole is found there already.
        others = [part[:LONGEST_WORD] for part in code_parts(found) if not whole.startswith(part)]
        tokens.update([f"{kind}{WORD}{part}" for part in others])


def _phone(kind: str, text: str, tokens: set[str]) -> None:
    for number in phone_numbers(text):
        if number:
            tokens.add(f"{kind}{WHOLE}{number}")
            tokens.add(f"{kind}{BACKWARDS}{number[::-1]}")
            tokens.add(f"{kind}{NETWORK}{number[:_SHORTEST_TAIL]}")


_BUILDERS: dict[str, Callable[[str, str, set[str]], None]] = {
    "n": _name, "p": _phone, "c": _code, "t": _text, "x": _text
}  # fmt: skip


def search_query(text: str, classes: Iterable[str]) -> Query:
    """Turn typed text into lookups over the classes that the actor may search.

    Each chunk between spaces must be found, as a whole code or number or run by run; each run as Han, beginning of a
    word, pinyin, initials, beginning or end of a number. The tokens find at least what `match.matches` accepts.
    """
    return _query(text, frozenset(classes))


@lru_cache(256)  # one search asks for the same classes of many entities
def _query(text: str, classes: frozenset[str]) -> Query:
    kinds = sorted(classes)
    if wrong := [kind for kind in kinds if CLASS.fullmatch(kind) is None]:
        raise ValueError(f"not a token class: {wrong}")
    chunks = query_chunks(text)
    nodes = [_chunk(chunk, kinds) for chunk in chunks]
    exact = all(len(chunk) == 1 and _is_exact(chunk[0]) for chunk in chunks)
    return Query(text, chunks, _all(nodes) if nodes else None, exact)


def _is_exact(run: Run) -> bool:
    """Tell whether the tokens of a run say all about it: up to two Han characters, up to three letters,
    a number. Longer ones are looked up in parts, which may stand apart in a record."""
    word = run.text
    if run.wide:
        return len(word) <= 2
    if len(word) > LONGEST_WORD or word_parts(word):
        return False
    if word.isascii() and word.isalpha():
        return len(word) <= 3 and _cuts(word) in ([], [(0, len(word))])
    return True


def spellings(word: str) -> list[str]:
    """Return the ways to cut typed pinyin into syllables, as a sort key spells them: hongyuan → hong yuan."""
    found = query_chunks(word)
    if len(found) != 1 or len(found[0]) != 1 or not (found[0][0].text.isascii() and found[0][0].text.isalpha()):
        return []
    letters = found[0][0].text
    paths = _paths(_cuts(letters), 0, len(letters))[:_MOST_PATHS]
    return [" ".join(letters[start:end] for start, end in path) for path in paths]


def query_chunks(text: str) -> tuple[tuple[Run, ...], ...]:
    """Cut typed text at its spaces into chunks of runs; a phone number with spaces or dashes stays one chunk."""
    plain = narrow(text)[:_LONGEST_QUERY].replace("ü", "v").replace("Ü", "v")
    if _PHONE_QUERY.fullmatch(plain):
        digits = re.sub(r"\D", "", plain)
        if plain.startswith("+86") or (len(digits) == 13 and digits.startswith("861")):
            digits = digits[2:]
        # A date or code like 2023-05 has fewer digits than any phone.
        plain = digits if len(digits) >= 7 else plain
    found = [tuple(runs(part.replace("'", " ").replace("\u2019", " "))) for part in plain.split()]
    return tuple(chunk for chunk in found if chunk)[:_MOST_CHUNKS]


def _chunk(chunk: Sequence[Run], kinds: Sequence[str]) -> Node | None:
    if len(chunk) == 1:
        return _run(chunk[0], kinds)
    each = _all(
        [
            _any([_run(run, kinds, beside_han=any(neighbours(chunk, at))), _neighbour(chunk, at, kinds)])
            for at, run in enumerate(chunk)
        ]
    )
    if any(run.wide for run in chunk):
        return each
    whole = "".join(run.text for run in chunk)
    numeric = whole.isascii() and whole.isdigit()
    return _any([*(_whole(whole, kind) for kind in kinds if kind[0] == "c" or (kind[0] == "p" and numeric)), each])


def neighbours(chunk: Sequence[Run], at: int) -> tuple[str, str]:
    """Return the Han characters directly before and after a run of a chunk; "" where there is none."""
    before = chunk[at - 1].text[-1] if at and chunk[at - 1].wide else ""
    after = chunk[at + 1].text[0] if at + 1 < len(chunk) and chunk[at + 1].wide else ""
    return before, after


def _neighbour(chunk: Sequence[Run], at: int, kinds: Sequence[str]) -> Node | None:
    """A single initial beside Han: 张w finds 张伟 by the pair of initials."""
    if chunk[at].wide or not is_initial(chunk[at].text):
        return None
    letter = chunk[at].text[0]
    before, after = neighbours(chunk, at)
    pairs = {one[0] + letter for each in syllables(before) for one in each}
    pairs |= {letter + one[0] for each in syllables(after) for one in each}
    names = [kind for kind in kinds if kind[0] == "n"]
    return _any([Lookup(f"{kind}{INITIALS}{pair}", prefix=True) for kind in names for pair in sorted(pairs)])


def _run(run: Run, kinds: Sequence[str], *, beside_han: bool = False) -> Node | None:
    if run.wide:
        return _any([_han(run.text, kind) for kind in kinds if kind[0] != "p"])
    word = run.text
    ways: list[Node | None] = []
    for kind in kinds:
        behaviour = kind[0]
        if behaviour == "p":
            if word.isascii() and word.isdigit() and len(word) >= _SHORTEST_TAIL:
                ways.append(_whole(word, kind))
            continue
        # One letter begins a word in half of all long texts: there it must be the word.
        ways.append(Lookup(f"{kind}{WORD}{word[:LONGEST_WORD]}", prefix=behaviour != "x" or len(word) > 1))
        if behaviour == "c":
            ways.append(_whole(word, kind))
        if behaviour == "n" and word.isascii() and word.isalpha():
            if not (beside_han and is_initial(word)):
                ways.append(_spelled(word, kind))
            ways.append(_initial_lookups(word, kind))
    parts = word_parts(word)
    if parts:
        ways.append(_all([_run(Run(part, False), kinds) for part in parts]))
    return _any(ways)


def word_parts(word: str) -> list[str]:
    """Return what a word like zw1234 may stand for separately: initials and the end of a phone."""
    parts = _PARTS.findall(word)
    return parts if len(parts) > 1 and all(len(part) > 1 for part in parts) else []


def _han(run: str, kind: str) -> Node | None:
    if len(run) == 1:
        return Lookup(f"{kind}{GRAM}{run}")
    return _all([Lookup(f"{kind}{GRAM}{pair}") for pair in dict.fromkeys(map(add, run[:32], run[1:32]))])


def _whole(word: str, kind: str) -> Node | None:
    if kind[0] == "p" and len(word) == _SHORTEST_TAIL:
        beginning = Lookup(f"{kind}{NETWORK}{word}")
    else:
        beginning = Lookup(f"{kind}{WHOLE}{word[:LONGEST_WORD]}", prefix=True)
    ways: list[Node | None] = [beginning]
    if len(word) >= _SHORTEST_TAIL:
        ways.append(Lookup(f"{kind}{BACKWARDS}{word[::-1]}", prefix=True))
    return _any(ways)


def _initial_lookups(word: str, kind: str) -> Node | None:
    """Initials of neighbours: hdkj. No Chinese syllable begins with i, u or v."""
    if len(word) < 2 or set(word) & set("iuv"):
        return None
    if len(word) == 2:
        return Lookup(f"{kind}{INITIALS}{word}", prefix=True)
    return _all([Lookup(f"{kind}{INITIALS}{word[at : at + 3]}") for at in range(len(word) - 2)])


def _spelled(word: str, kind: str) -> Node | None:
    """Pinyin, the last syllable perhaps half typed: every way to cut it, section by section between sure cuts."""
    if is_initial(word):
        return Lookup(f"{kind}{FIRST}{word}")
    steps = _cuts(word)
    if not steps:
        return None
    sure = [at for at in range(len(word) + 1) if not any(start < at < end for start, end in steps)]
    sections: list[Node | None] = []
    for start, end in pairwise(sure):
        inside = [step for step in steps if start <= step[0] and step[1] <= end]
        paths = _paths(inside, start, end)
        if len(paths) > _MOST_PATHS:  # too many: one of the first syllables must be there
            paths = [((start, second),) for first, second in inside if first == start]
        sections.append(_any([_path(word, path, steps, kind) for path in paths]))
    return _all([*sections, *_beginnings(word, steps, sure, kind)])


def _beginnings(word: str, steps: Sequence[tuple[int, int]], sure: Sequence[int], kind: str) -> list[Node]:
    """Initials of neighbours that a word spells: hongyuan holds hy, which 洪 and 园 apart do not."""
    joined = [""]
    for start, end in pairwise(sure):
        joined[-1] += word[start]
        if any(start < last < end for _, last in steps):  # several ways to cut: what follows is no sure neighbour
            joined.append("")
    found: list[Node] = []
    for letters in joined:
        if len(letters) == 2:
            found.append(Lookup(f"{kind}{INITIALS}{letters}", prefix=True))
        found += [Lookup(f"{kind}{INITIALS}{letters[at : at + 3]}") for at in range(len(letters) - 2)]
    return found


def _path(word: str, path: Sequence[tuple[int, int]], steps: Sequence[tuple[int, int]], kind: str) -> Node | None:
    nodes: list[Node | None] = []
    for start, end in path:
        piece = word[start:end]
        if end == len(word) and is_initial(piece):
            # One letter would look up half the index; with the initial before it it is a pair of neighbours.
            before = {word[first] for first, last in steps if last == start}
            pairs = [Lookup(f"{kind}{INITIALS}{letter}{piece[0]}", prefix=True) for letter in sorted(before)]
            nodes.append(_any(list(pairs)))
        else:
            nodes.append(Lookup(f"{kind}{SYLLABLE}{piece}", prefix=end == len(word) and piece in _openings()))
    return _all(nodes)


def is_initial(piece: str) -> bool:
    """Tell whether typed letters are only the beginning sound of a syllable: z, zh."""
    return len(piece) == 1 or piece in ("zh", "ch", "sh")


def _cuts(word: str) -> list[tuple[int, int]]:
    """Return the steps (start, end) that lie on some way to cut `word` into syllables, the last perhaps unfinished."""
    size, known, openings = len(word), all_syllables(), _openings()
    ends = {size}
    steps: list[tuple[int, int]] = []
    for start in range(size - 1, -1, -1):
        for end in range(start + 1, min(size, start + 6) + 1):
            piece = word[start:end]
            if end in ends and (piece in known or (end == size and piece in openings)):
                steps.append((start, end))
                ends.add(start)
    reached = {0} if 0 in ends else set[int]()
    kept: list[tuple[int, int]] = []
    for start, end in sorted(steps):
        if start in reached:
            reached.add(end)
            kept.append((start, end))
    return kept


def _paths(steps: Sequence[tuple[int, int]], start: int, end: int) -> list[tuple[tuple[int, int], ...]]:
    """Return the ways through one section; stops soon after there are too many."""
    done: list[tuple[tuple[int, int], ...]] = []
    open_: list[tuple[tuple[int, int], ...]] = [(step,) for step in steps if step[0] == start]
    while open_ and len(done) <= _MOST_PATHS:
        path = open_.pop()
        if path[-1][1] == end:
            done.append(path)
        else:
            open_.extend((*path, step) for step in steps if step[0] == path[-1][1])
    return done


@cache
def _openings() -> frozenset[str]:
    """Return every proper beginning of a syllable."""
    return frozenset(syllable[:size] for syllable in all_syllables() for size in range(1, len(syllable)))


def _all(nodes: Sequence[Node | None]) -> Node | None:
    """Join by and; a part that cannot be found at all makes the whole unfindable."""
    if any(node is None for node in nodes) or not nodes:
        return None
    kept = tuple(dict.fromkeys(node for node in nodes if node is not None))
    return kept[0] if len(kept) == 1 else All(kept)


def _any(nodes: Sequence[Node | None]) -> Node | None:
    kept = tuple(dict.fromkeys(node for node in nodes if node is not None))
    return None if not kept else kept[0] if len(kept) == 1 else Any(kept)
