"""Says whether a candidate that the token index found really matches, and how well.

Tokens forget order and neighbourhood, so every hit is checked here against the fields its reader may see. The rules
are the reference for the index: what matches here must be found by `tokens.search_query`, on both databases.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from functools import lru_cache
from itertools import product
from math import prod

from kehu.base.common.pinyin import syllables
from kehu.base.common.regions import without_place
from kehu.core.search import tokens
from kehu.core.search.tokens import Query, Run

MOST_READINGS = 16  # ways to read a run that are spelled out


class MatchKind(IntEnum):
    """How well a title matches; smaller comes first."""

    EXACT = 0
    PREFIX = 1
    WORD = 2
    OTHER = 3


def matches(query: Query, values: Iterable[tuple[str, str]]) -> bool:
    """Tell whether a record with these (class, text as stored) pairs matches: every chunk somewhere in it."""
    filled = [(kind, text) for kind, text in values if text]
    return bool(query.chunks) and all(_chunk(chunk, filled) for chunk in query.chunks)


def recheck(text: str, value: str, kind: str) -> bool:
    """Tell whether typed text matches this one value of a class: `matches` for a single field."""
    return matches(Query(text, tokens.query_chunks(text), None), [(kind, value)])


def touches(query: Query, kind: str, value: str) -> bool:
    """Tell whether a value has a part in the match: some run of the query is in it. For showing why a hit is one."""
    form = _form(kind, value)
    for chunk in query.chunks:
        if _whole_chunk(chunk, form) or any(_run(chunk, at, form) for at in range(len(chunk))):
            return True
        if any(_word(part, form) for run in chunk if not run.wide for part in tokens.word_parts(run.text)):
            return True
    return False


def match_kind(query: Query, title: str) -> MatchKind:
    """Rank a title: equal (letters or full pinyin), begins with it, has it as a word, anything else."""
    typed = "".join(run.text for chunk in query.chunks for run in chunk)
    form = _form("n", title)
    joined = "".join(run.text for run in form.runs)
    if not typed or not joined:
        return MatchKind.OTHER
    spelled = form.runs[0].wide and typed.isascii() and typed.isalpha()
    if typed == joined or (spelled and len(form.runs) == 1 and _reads(typed, form.readings[0], 0, whole=True)):
        return MatchKind.EXACT
    if joined.startswith(typed):
        return MatchKind.PREFIX
    if spelled and (_reads(typed, form.readings[0], 0) or _abbreviates(typed, form.readings[0], 0)):
        return MatchKind.PREFIX
    if any(run.text == typed for run in form.runs) or without_place(joined).startswith(typed):
        return MatchKind.WORD
    return MatchKind.OTHER


class _Form:
    """A value cut up for checking; readings are made only when pinyin is asked for."""

    __slots__ = ("_readings", "_spelled", "joined", "kind", "numbers", "parts", "runs", "words")

    def __init__(self, kind: str, text: str) -> None:
        text = tokens.searchable(kind, text)
        self.kind = kind[0]
        self.runs = tokens.runs(text)
        self._readings: list[list[tuple[str, ...]]] | None = None
        self._spelled: list[tuple[str, ...] | None] | None = None
        self.numbers = tokens.phone_numbers(text) if self.kind == "p" else []
        self.joined = "".join(run.text for run in self.runs if not run.wide) if self.kind == "c" else ""
        self.parts = tokens.code_parts(self.runs) if self.kind == "c" else set()
        self.words = self.parts if self.kind == "c" else {run.text for run in self.runs if not run.wide}

    @property
    def readings(self) -> list[list[tuple[str, ...]]]:
        """Return the readings of each run; words have none."""
        if self._readings is None:
            self._readings = [syllables(run.text) if run.wide else [] for run in self.runs]
        return self._readings

    def spells(self, word: str) -> Iterator[list[tuple[str, ...]]]:
        """Give the readings of the runs in which `word` may stand as pinyin or initials: those that hold its letters
        side by side, in the full spelling or in the initials."""
        if self._spelled is None:
            self._spelled = [_spelled(readings) for readings in self.readings]
        for readings, spelled in zip(self.readings, self._spelled, strict=True):
            if spelled is None or any(word in one for one in spelled):
                yield readings


def _spelled(readings: Sequence[tuple[str, ...]]) -> tuple[str, ...] | None:
    """Each way to read a run, in full and as initials; None when there are too many."""
    if prod(map(len, readings)) > MOST_READINGS:
        return None
    ways = list(product(*readings))
    return (*("".join(way) for way in ways), *{"".join(one[0] for one in way) for way in ways}) if readings else ()


@lru_cache(maxsize=4096)
def _form(kind: str, text: str) -> _Form:
    return _Form(kind, text)


def _chunk(chunk: Sequence[Run], values: Sequence[tuple[str, str]]) -> bool:
    # Values are cut up when their turn comes: the first one, a name, usually decides.
    if len(chunk) > 1 and any(_whole_chunk(chunk, _form(*value)) for value in values):
        return True
    return all(_anywhere(chunk, at, values) for at in range(len(chunk)))


def _anywhere(chunk: Sequence[Run], at: int, values: Sequence[tuple[str, str]]) -> bool:
    if any(_run(chunk, at, _form(*value)) for value in values):
        return True
    parts = [] if chunk[at].wide else tokens.word_parts(chunk[at].text)
    return bool(parts) and all(any(_word(part, _form(*value)) for value in values) for part in parts)


def _whole_chunk(chunk: Sequence[Run], form: _Form) -> bool:
    """A code or number typed with its signs: 2023-TEC-001."""
    if len(chunk) < 2 or any(run.wide for run in chunk):
        return False
    return _whole("".join(run.text for run in chunk), form)


def _whole(word: str, form: _Form) -> bool:
    if form.kind == "p" and not (word.isascii() and word.isdigit() and len(word) >= 3):
        return False
    wholes = form.numbers if form.kind == "p" else [form.joined]
    return any(whole.startswith(word) or (len(word) >= 3 and whole.endswith(word)) for whole in wholes if whole)


def _run(chunk: Sequence[Run], at: int, form: _Form) -> bool:
    run = chunk[at]
    if run.wide:
        return form.kind != "p" and any(run.text in other.text for other in form.runs if other.wide)
    before, after = tokens.neighbours(chunk, at)
    if tokens.is_initial(run.text) and (before or after):
        return _begins_word(run.text, form) or (form.kind == "n" and _beside(run.text, before, after, form))
    return _word(run.text, form)


def _word(word: str, form: _Form) -> bool:
    if form.kind in ("p", "c") and _whole(word, form):
        return True
    if _begins_word(word, form):
        return True
    if form.kind != "n" or not (word.isascii() and word.isalpha()):
        return False
    if tokens.is_initial(word) and form.runs and form.runs[0].wide:
        if any(reading.startswith(word) for reading in form.readings[0][0]):
            return True
    if len(word) < 2:
        return False
    return any(
        (not tokens.is_initial(word) and _reads(word, readings, start)) or _abbreviates(word, readings, start)
        for readings in form.spells(word)
        for start in range(len(readings))
    )


def _begins_word(word: str, form: _Form) -> bool:
    if form.kind == "x" and len(word) == 1:
        return word in form.words
    return form.kind != "p" and any(each.startswith(word) for each in form.words)


def _reads(word: str, readings: Sequence[tuple[str, ...]], start: int, *, whole: bool = False) -> bool:
    """Tell whether `word` spells the characters from `start` on, the last perhaps unfinished (unless `whole`)."""
    if start == len(readings):
        return False
    for reading in readings[start]:
        if word.startswith(reading):
            rest = word[len(reading) :]
            if not rest and not (whole and start + 1 < len(readings)):
                return True
            if rest and _reads(rest, readings, start + 1, whole=whole):
                return True
        elif not whole and reading.startswith(word):
            return True
    return False


def _abbreviates(word: str, readings: Sequence[tuple[str, ...]], start: int) -> bool:
    """Tell whether the letters are the initials of the characters from `start` on."""
    if len(word) < 2 or start + len(word) > len(readings):
        return False
    return all(any(reading[0] == letter for reading in readings[start + number]) for number, letter in enumerate(word))


def _beside(initial: str, before: str, after: str, form: _Form) -> bool:
    """Tell whether a single initial stands beside its Han neighbour: 张w in 张伟."""
    for run, readings in zip(form.runs, form.readings, strict=True):
        for place, each in enumerate(readings):
            if not any(reading.startswith(initial) for reading in each):
                continue
            if before and place and run.text[place - 1] == before:
                return True
            if after and run.text[place + 1 : place + 2] == after:
                return True
    return False
