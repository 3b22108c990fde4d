"""查重: which records may be the same as one that is typed or imported, with a score and reasons.

One set of rules for the form, HTTP and imports. Candidates come from the token index, so that a million records cost
no more than a thousand; it looks at all of them, whoever asks, so its answers are ids that the caller must not pass
on before asking `read.visible`. Secret fields take no part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product

from kehu.base.common.firms import Name, likeness, take_apart
from kehu.base.common.pinyin import readings
from kehu.base.common.text import fold_ascii
from kehu.base.fields.base import Value, layout
from kehu.base.schema.model import Entity, Field
from kehu.core.context import Ctx
from kehu.core.records import read
from kehu.core.search import tokens
from kehu.core.search.classes import CARRIED, carried, searchable
from kehu.core.search.query import holders
from kehu.core.search.tokens import All, Any, Lookup, Node, phone_numbers

PHONES = ("cn_mobile", "phone")
CODES = ("code", "credit_code")
OTHER_NAMES = ("short_name", "invoice_title")
SCORES = {"credit_code": 1.0, "code": 0.95, "phone": 0.9, "email": 0.85}
LEAST = 0.45  # what is less alike is not worth an interruption
MOST_FOUND = 60  # records that one clue may bring; a clue that names more tells nothing


@dataclass(frozen=True, slots=True)
class Clues:
    """What of a record can tell that it is another one: names, and (reason, normalised text)."""

    names: tuple[Name, ...]
    marks: frozenset[tuple[str, str]]

    def __bool__(self) -> bool:
        return bool(self.names or self.marks)


@dataclass(slots=True)
class Likeness:
    """How sure it is that two records are one (0 to 1), and why."""

    doubt: float = 1.0
    reasons: list[str] = field(default_factory=list)

    @property
    def score(self) -> float:
        """Several reasons together are surer than each alone."""
        return round(1 - self.doubt, 2)

    def add(self, score: float, reason: str) -> None:
        """Take in a reason; each counts once."""
        if reason not in self.reasons:
            self.reasons.append(reason)
            self.doubt *= 1 - score


def clues_of(ctx: Ctx, entity: Entity, values: Mapping[str, Value]) -> Clues:
    """The clues in the parsed values of one record. A contact's phones count for the customer: give them as
    (field key, value) of the contact through `phones_of`."""
    names: dict[str, Name] = {}
    marks: set[tuple[str, str]] = set()
    for key, kind in ctx.tables.keep(("duplicates.telling", entity.key), lambda: _telling(entity)):
        value = values.get(key)
        if not isinstance(value, str) or not value:
            continue
        if kind == "phone":
            marks.update(("phone", number) for number in phone_numbers(value))
        elif kind == "code":
            marks.add((key, _plain_code(value)))
        elif kind == "email":
            marks.add(("email", fold_ascii(value)))
        else:
            name = take_apart(value)
            names.setdefault(name.whole, name)
    return Clues(tuple(names.values()), frozenset(marks))


def _telling(entity: Entity) -> tuple[tuple[str, str], ...]:
    """The fields whose values are clues, and of which kind: phone, code, email or name."""
    found: list[tuple[str, str]] = []
    for key, one in entity.fields.items():
        if one.sensitive == "secret":
            continue
        if one.type in PHONES:
            found.append((key, "phone"))
        elif key in CODES and one.search == "c":
            found.append((key, "code"))
        elif one.type == "email":
            found.append((key, "email"))
        elif key in entity.title or key in OTHER_NAMES:
            found.append((key, "name"))
    return tuple(found)


def with_phones(clues: Clues, phones: Iterable[str]) -> Clues:
    """The clues of a record, with phones of people who belong to it."""
    more = {("phone", number) for phone in phones for number in phone_numbers(phone)}
    return Clues(clues.names, clues.marks | more)


def compare(one: Clues, other: Clues) -> Likeness:
    """How alike two records are by their clues."""
    found = Likeness()
    for reason, _ in sorted(one.marks & other.marks):
        found.add(SCORES[reason], reason)
    best = max((pair for a in one.names for b in other.names if (pair := likeness(a, b))), default=None)
    if best is not None:
        found.add(*best)
    return found


class Meeting:
    """Records that come one after the other and may be the same as an earlier one. One pass over keys: what a record
    costs does not depend on how many were there before. Keeps the clues of all: the caller bounds how many come."""

    def __init__(self) -> None:
        self._records: list[Clues] = []
        self._firsts: dict[object, int] = {}

    def add(self, clues: Clues) -> tuple[int, Likeness] | None:
        """Take in a record; return the place of the earliest one that it is like, and how much."""
        keys: list[object] = [*clues.marks]
        for name in clues.names:
            keys += [name.core, ("sound", name.sound), *([name.brand] if name.brand != name.core else [])]
        firsts, place = self._firsts, len(self._records)
        met = {firsts.setdefault(key, place) for key in keys} - {place}
        self._records.append(clues)
        for earlier in sorted(met):
            found = compare(self._records[earlier], clues)
            if found.score >= LEAST:
                return earlier, found
        return None


def in_ledger(ctx: Ctx, entity: Entity, clues: Clues) -> list[tuple[int, Likeness]]:
    """Records of the ledger that may be the same, surest first, whoever may see them."""
    found: dict[int, Likeness] = {}
    with ctx.dialect.by_index(ctx.tx):
        for reason, text in sorted(clues.marks):
            for id in _marked(ctx, entity, reason, text):
                found.setdefault(id, Likeness()).add(SCORES[reason], reason)
        named = _named(ctx, entity, clues.names)
    for id, others in _names(ctx, entity, named | found.keys()).items():
        best = max((pair for a in clues.names for b in others if (pair := likeness(a, b))), default=None)
        if best is not None:
            found.setdefault(id, Likeness()).add(*best)
    sure = [(id, like) for id, like in found.items() if like.score >= LEAST]
    return sorted(sure, key=lambda item: (-item[1].score, -len(item[1].reasons), item[0]))


# --- candidates ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sought:
    """Where clues stand in the records of one entity: token classes of its names and by reason, and columns."""

    names: frozenset[str]
    marks: Mapping[str, frozenset[str]]
    name_columns: tuple[str, ...]
    email_columns: tuple[str, ...]


def _sought(ctx: Ctx, entity: Entity) -> _Sought:
    return ctx.tables.keep(("duplicates.sought", entity.key), lambda: _look_up(ctx, entity))


def _look_up(ctx: Ctx, entity: Entity) -> _Sought:
    fields = searchable(entity)
    marks: dict[str, set[str]] = {}
    for kind, one in fields:
        if (reason := _mark_of(one)) is not None:
            marks.setdefault(reason, set()).add(kind)
    if (more := carried(ctx.catalog, entity.key)) is not None:
        marks.setdefault("phone", set()).update(CARRIED[one.search] for one in more.fields if one.type in PHONES)

    def columns(chosen: Iterable[Field]) -> tuple[str, ...]:
        return tuple(layout(one, ctx.types).value[0].name for one in chosen)

    return _Sought(
        frozenset(kind for kind, one in fields if kind[0] == "n" and _is_name(entity, one)),
        {reason: frozenset(kinds) for reason, kinds in marks.items()},
        columns(one for one in entity.visible if _is_name(entity, one) and one.sensitive != "secret"),
        columns(one for _, one in fields if _mark_of(one) == "email"),
    )


def _marked(ctx: Ctx, entity: Entity, reason: str, text: str) -> Iterable[int]:
    """Ids of records that hold exactly this phone, code or address."""
    sought = _sought(ctx, entity)
    kinds = sought.marks.get(reason, ())
    if reason != "email":
        whole = _any(Lookup(f"{kind}{tokens.WHOLE}{text}") for kind in kinds)
        return holders(ctx, entity.key, [whole], MOST_FOUND, rare=True)
    words = [run.text for run in tokens.runs(text)]
    tree = _any(_all(Lookup(f"{kind}{tokens.WORD}{word}") for word in words) for kind in kinds)
    rows = read.stored(ctx, entity.key, holders(ctx, entity.key, [tree], MOST_FOUND), sought.email_columns)
    return [id for id, row in rows.items() if text in {fold_ascii(str(value)) for value in row.values()}]


def _mark_of(one: Field) -> str | None:
    if one.sensitive == "secret":
        return None
    if one.type in PHONES:
        return "phone" if one.search == "p" else None
    if one.type == "email":
        return "email"
    return one.key if one.key in CODES and one.search == "c" else None


def _named(ctx: Ctx, entity: Entity, names: Iterable[Name]) -> set[int]:
    """Ids of records whose name has the same core or brand as one of these, or sounds the same."""
    kinds = _sought(ctx, entity).names
    nodes: list[Node | None] = []
    for name in names:
        nodes += [_any(_spelled(kind, text) for kind in kinds) for text in dict.fromkeys((name.core, name.brand))]
        nodes.append(_any(_heard(kind, name.core) for kind in kinds))
    return holders(ctx, entity.key, nodes, MOST_FOUND)


def _spelled(kind: str, text: str) -> Node | None:
    """Han characters by pairs, words as they are."""
    parts: list[Node] = []
    for run in tokens.runs(text):
        if not run.wide:
            parts.append(Lookup(f"{kind}{tokens.WORD}{run.text[: tokens.LONGEST_WORD]}"))
        elif len(run.text) == 1:
            parts.append(Lookup(f"{kind}{tokens.GRAM}{run.text}"))
        else:
            parts += [Lookup(f"{kind}{tokens.GRAM}{a}{b}") for a, b in zip(run.text, run.text[1:], strict=False)]
    return _all(parts)


def _heard(kind: str, text: str) -> Node | None:
    """Every character by what it may be read as, in this order; nothing for what has no reading."""
    heard = [readings(char) for char in text]
    if len(heard) < 2 or not all(heard):
        return None
    parts = [_any(Lookup(f"{kind}{tokens.SYLLABLE}{one}") for one in each) for each in dict.fromkeys(heard)]
    letters = [sorted({one[0] for one in each}) for each in heard]
    # Syllables are common, three initials in a row are not: the index begins with these.
    for window in zip(letters, letters[1:], letters[2:], strict=False):
        parts.append(_any(Lookup(f"{kind}{tokens.INITIALS}{''.join(one)}") for one in product(*window)))
    return _all(parts)


def _names(ctx: Ctx, entity: Entity, ids: Iterable[int]) -> dict[int, list[Name]]:
    rows = read.stored(ctx, entity.key, ids, _sought(ctx, entity).name_columns)
    return {id: [take_apart(str(text)) for text in row.values() if text] for id, row in rows.items()}


def _is_name(entity: Entity, one: Field) -> bool:
    plain = one.derived is None and one.type in ("text", "long_text")
    return plain and (one.key in entity.title or one.key in OTHER_NAMES)


def _plain_code(text: str) -> str:
    """A code as the token index holds it: letters and digits in small letters."""
    return "".join(run.text for run in tokens.runs(text) if not run.wide)[: tokens.LONGEST_WORD]


def _all(parts: Iterable[Node | None]) -> Node | None:
    known = tuple(part for part in parts if part is not None)
    return known[0] if len(known) == 1 else All(known) if known else None


def _any(parts: Iterable[Node | None]) -> Node | None:
    known = tuple(part for part in parts if part is not None)
    return known[0] if len(known) == 1 else Any(known) if known else None
