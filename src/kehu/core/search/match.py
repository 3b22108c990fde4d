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


def touches(query: Query, kind: str, value: str) -> bool:
    """Tell whether a value has a part in the match: some run of the query is in it. For showing why a hit is one."""
    form = _form(kind, value)
    for chunk in query.chunks:
        if _whole_chunk(chunk, form) or any(_run(chunk, at, form) for at in range(len(chunk))):
            return True
        if any(_word(part, form) for run in chunk if not run.wide for part in tokens.word_parts(run.text)):
            return True
    return False


def met(query: Query, kind: str, value: str) -> list[tuple[int, int]]:
    """Return which characters of a value the query met, as places (from, before) in their order: the letters typed, or
    the characters that they spell. For showing a hit."""
    text = tokens.searchable(kind, value)
    if len(text.lower()) != len(text):
        return []  # a letter like İ, whose small form is two: places would be shifted
    form, runs = _form(kind, value), tokens.runs_at(text)
    places = {place for chunk in query.chunks for place in _met_by_chunk(chunk, form, runs)}
    found: list[tuple[int, int]] = []
    for place in sorted(places):
        if found and found[-1][1] == place:
            found[-1] = (found[-1][0], place + 1)
        else:
            found.append((place, place + 1))
    return found


def match_kind(query: Query, title: str) -> MatchKind:
    """Rank a title: equal (letters or full pinyin), begins with it, has it as a word, anything else."""
    typed = "".join(run.text for chunk in query.chunks for run in chunk)
    form = _form("n", title)
    joined = form.whole
    if not typed or not joined:
        return MatchKind.OTHER
    spelled = form.runs[0].wide and typed.isascii() and typed.isalpha()
    if typed == joined or (spelled and len(form.runs) == 1 and _reads(typed, form.readings[0], 0, whole=True)):
        return MatchKind.EXACT
    if joined.startswith(typed):
        return MatchKind.PREFIX
    if spelled and (_reads(typed, form.readings[0], 0) > 0 or _abbreviates(typed, form.readings[0], 0)):
        return MatchKind.PREFIX
    if typed in joined and (any(run.text == typed for run in form.runs) or without_place(joined).startswith(typed)):
        return MatchKind.WORD
    return MatchKind.OTHER


class _Form:
    """A value cut up for checking; readings are made only when pinyin is asked for."""

    __slots__ = ("_readings", "_spelled", "joined", "kind", "numbers", "parts", "runs", "whole", "words")

    def __init__(self, kind: str, text: str) -> None:
        text = tokens.searchable(kind, text)
        self.kind = kind[0]
        self.runs = tokens.runs(text)
        self.whole = "".join(run.text for run in self.runs)
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
        return _begins_word(run.text, form) or (
            form.kind == "n"
            and any(
                next(_beside(run.text, before, after, *one), None) is not None
                for one in zip(form.runs, form.readings, strict=True)
            )
        )
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
        (not tokens.is_initial(word) and _reads(word, readings, start) > 0) or _abbreviates(word, readings, start)
        for readings in form.spells(word)
        for start in range(len(readings))
    )


def _begins_word(word: str, form: _Form) -> bool:
    if form.kind == "x" and len(word) == 1:
        return word in form.words
    return form.kind != "p" and any(each.startswith(word) for each in form.words)


def _reads(word: str, readings: Sequence[tuple[str, ...]], start: int, *, whole: bool = False) -> int:
    """Return the place behind the characters from `start` on that `word` spells, the last perhaps unfinished (unless
    `whole`); 0 where it does not."""
    if start == len(readings):
        return 0
    for reading in readings[start]:
        if word.startswith(reading):
            rest = word[len(reading) :]
            if not rest and not (whole and start + 1 < len(readings)):
                return start + 1
            if rest and (end := _reads(rest, readings, start + 1, whole=whole)):
                return end
        elif not whole and reading.startswith(word):
            return start + 1
    return 0


def _abbreviates(word: str, readings: Sequence[tuple[str, ...]], start: int) -> bool:
    """Tell whether the letters are the initials of the characters from `start` on."""
    if len(word) < 2 or start + len(word) > len(readings):
        return False
    return all(any(reading[0] == letter for reading in readings[start + number]) for number, letter in enumerate(word))


def _met_by_chunk(chunk: Sequence[Run], form: _Form, runs: Sequence[tuple[Run, Sequence[int]]]) -> Iterator[int]:
    """Places of what a chunk met: as a whole number or code, else run by run, else in parts like zw1234."""
    if _whole_chunk(chunk, form):
        yield from _met_as_whole("".join(run.text for run in chunk), form, runs)
        return
    for at, run in enumerate(chunk):
        places = set(_met_by_run(chunk, at, form, runs))
        if not places and not run.wide:
            for part in tokens.word_parts(run.text):
                places.update(_met_by_word(part, form, runs))
        yield from places


def _met_by_run(chunk: Sequence[Run], at: int, form: _Form, runs: Sequence[tuple[Run, Sequence[int]]]) -> Iterator[int]:
    run = chunk[at]
    if run.wide:
        for other, places in runs:
            start = other.text.find(run.text) if other.wide and form.kind != "p" else -1
            while start >= 0:
                yield from places[start : start + len(run.text)]
                start = other.text.find(run.text, start + len(run.text))
        return
    before, after = tokens.neighbours(chunk, at)
    if not (tokens.is_initial(run.text) and (before or after)):
        yield from _met_by_word(run.text, form, runs)
    elif form.kind == "n":
        for (other, places), readings in zip(runs, form.readings, strict=True):
            for place in _beside(run.text, before, after, other, readings):
                yield places[place]


def _met_by_word(word: str, form: _Form, runs: Sequence[tuple[Run, Sequence[int]]]) -> Iterator[int]:
    if form.kind in ("p", "c") and _whole(word, form):
        yield from _met_as_whole(word, form, runs)
        return
    if _begins_word(word, form):
        for other, places in runs:
            start = -1 if other.wide else other.text.find(word)
            # Within a code a part may begin: 001 in tec001.
            if start == 0 or (start > 0 and form.kind == "c"):
                yield from places[start : start + len(word)]
        return
    if form.kind != "n" or not (word.isascii() and word.isalpha()):
        return
    if len(word) < 2 or tokens.is_initial(word):
        if runs and runs[0][0].wide and any(reading.startswith(word) for reading in form.readings[0][0]):
            yield runs[0][1][0]
            return
    if len(word) < 2:
        return
    for (_, places), readings in zip(runs, form.readings, strict=True):
        for start in range(len(readings)):
            end = 0 if tokens.is_initial(word) else _reads(word, readings, start)
            if not end and _abbreviates(word, readings, start):
                end = start + len(word)
            yield from places[start:end]


def _met_as_whole(word: str, form: _Form, runs: Sequence[tuple[Run, Sequence[int]]]) -> Iterator[int]:
    """Places of the beginning or end of a number or code; the signs within belong to it: 138-1234."""
    digits = form.kind == "p"
    letters = [
        (letter, place)
        for run, places in runs
        if not run.wide
        for letter, place in zip(run.text, places, strict=True)
        if not digits or letter.isdigit()
    ]
    joined = "".join(letter for letter, _ in letters)
    start = 0 if joined.startswith(word) else joined.rfind(word)  # before an extension, too
    if start >= 0:
        yield from range(letters[start][1], letters[start + len(word) - 1][1] + 1)


def _beside(initial: str, before: str, after: str, run: Run, readings: Sequence[tuple[str, ...]]) -> Iterator[int]:
    """Give the places in a run where a single initial stands beside its Han neighbour: 张w in 张伟."""
    for place, each in enumerate(readings):
        if any(reading.startswith(initial) for reading in each):
            if (before and place and run.text[place - 1] == before) or (
                after and run.text[place + 1 : place + 2] == after
            ):
                yield place
