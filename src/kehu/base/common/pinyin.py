"""Readings of Chinese text: sort keys (`f__sort`) and the syllables that search indexes.

Works from one packaged file, loaded at first use. Whole words decide before single characters (重庆, 银行),
and a surname is read as one at the start of a person's name. It must stay a pure function of the text: sort keys and
search tokens are stored, so a change of the data file needs a migration that has them made again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from kehu.base.common.text import fold_ascii

KEY_BYTES = 64

_LONGEST_NAME = 4  # characters of a person's name without a compound surname: 单雨桐, 曾小贤先生 is not one
_AFTER_SURNAME = frozenset("氏记家")
_LETTERS_LAST = "\x7f"  # begins the key of a text of signs only, so that it sorts after z
# Chinese punctuation and full-width signs separate like spaces.
_SIGNS = (
    0xB7,
    *range(0x2010, 0x2028),
    *range(0x2030, 0x205F),
    *range(0x3000, 0x3004),
    *range(0x3008, 0x3020),
)
_SIGNS += (*range(0xFF01, 0xFF10), *range(0xFF1A, 0xFF21), *range(0xFF3B, 0xFF41), *range(0xFF5B, 0xFF66))


@dataclass(frozen=True, slots=True)
class _Readings:
    of: dict[str, tuple[str, ...]]  # character → its usual syllable, then others under which people look for it
    surnames: dict[str, str]
    compound: dict[str, tuple[str, ...]]  # two-character surname → syllables
    phrases: dict[str, tuple[str, ...]]
    lengths: dict[str, tuple[int, ...]]  # first character → lengths of the phrases that begin with it, longest first
    turning: frozenset[str]  # characters that some phrase reads unusually; without one no phrase matters
    rare: frozenset[str]  # characters with a reading that only some phrase gives, such as 六 in 六安
    keys: dict[int, str]  # translation table of sort keys


@lru_cache(10_000)  # imports bring the same names and words again and again
def sort_key(text: str) -> str:
    """Return the key by which `text` is sorted: pinyin syllables and lower-case ASCII, at most 64 bytes.

    Compare keys as bytes (COLLATE C); ties go by the text itself. "张伟" gives "zhang wei". Signs act as
    spaces; what has no reading (kana, emoji) stays itself and comes after the letters.
    """
    data = _readings()
    if text.isascii() or _plain(data, text):
        spelled = text.translate(data.keys)
    else:
        spelled = "".join(
            f" {' '.join(found)} " if found else part.translate(data.keys) for part, found in _words(data, text)
        )
    key = " ".join(spelled.split())
    if not key:
        signs = " ".join(text.split())
        key = _LETTERS_LAST + signs if signs else ""
    if len(key) <= 16 or (key.isascii() and len(key) <= KEY_BYTES):
        return key
    return key.encode()[:KEY_BYTES].decode(errors="ignore").rstrip(" ")


def syllables(text: str) -> list[tuple[str, ...]]:
    """Return the readings of each character, likeliest first; none for what is not Han.

    The first reading is the one of the sort key; further ones are those under which people look for the
    character, among them both readings of a surname.
    """
    data = _readings()
    of = data.of
    if text.isascii():
        return [()] * len(text)
    if _plain(data, text):
        return [of.get(char, ()) for char in text]
    result: list[tuple[str, ...]] = []
    for part, found in _words(data, text):
        usual = [of.get(char, ()) for char in part]
        if found is not None:
            usual = [
                all_ if all_ and all_[0] == first else (first, *(each for each in all_ if each != first))
                for first, all_ in zip(found, usual, strict=True)
            ]
        result += usual
    return result


def spelled(text: str) -> str:
    """Return how a short name sounds and its initials, as people type them to find it: 商机 → `shangji sj`.

    Empty for a name without Han; other letters and digits of it stay where they are.
    """
    found = syllables(text)
    if not any(found):
        return ""
    parts = [
        sounds[0] if sounds else char for char, sounds in zip(text.lower(), found, strict=True) if not char.isspace()
    ]
    return f"{''.join(parts)} {''.join(part[0] for part in parts)}"


def readings(char: str) -> tuple[str, ...]:
    """Return the readings of one character by itself, the usual one first; none for what is not Han."""
    return _readings().of.get(char, ())


def has_rare_reading(text: str) -> bool:
    """Tell whether `syllables` may know more about `text` than `readings` of each character, order aside."""
    return not _readings().rare.isdisjoint(text)


@cache
def all_syllables() -> frozenset[str]:
    """Return every syllable that some reading uses: what typed pinyin may be cut into."""
    data = _readings()
    found = {syllable for readings in data.of.values() for syllable in readings}
    for readings in (*data.phrases.values(), *data.compound.values()):
        found.update(readings)
    return frozenset(found | set(data.surnames.values()))


def is_han(char: str) -> bool:
    """Tell whether `char` is a Chinese character (one that a dictionary of readings could hold)."""
    code = ord(char)
    return 0x4E00 <= code <= 0x9FFF or 0x3400 <= code <= 0x4DBF or 0x20000 <= code <= 0x3FFFF or code == 0x3007


def _plain(data: _Readings, text: str) -> bool:
    """Tell that every character of `text` keeps its usual reading; true for most texts, so ask first."""
    return text[:1] not in data.surnames and data.turning.isdisjoint(text)


def _words(data: _Readings, text: str) -> Iterator[tuple[str, tuple[str, ...] | None]]:
    """Cut `text` into (part, its syllables) where a phrase or surname decides, else (part, None)."""
    start = at = 0
    phrases, lengths = data.phrases, data.lengths
    surname = _surname(data, text)
    if surname is not None:
        yield surname
        start = at = len(surname[0])
    size = len(text)
    while at < size:
        for length in lengths.get(text[at], ()):
            found = phrases.get(text[at : at + length])
            if found is not None:
                if start < at:
                    yield text[start:at], None
                yield text[at : at + length], found
                at += length
                start = at
                break
        else:
            at += 1
    if start < size:
        yield text[start:], None


def _surname(data: _Readings, text: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the surname with which `text` begins, when it looks like a person's name or 曾记, 单氏."""
    compound = data.compound.get(text[:2])
    if compound is not None:
        return text[:2], compound
    reading = data.surnames.get(text[:1])
    if reading is None or len(text) < 2:
        return None
    if text[1] not in _AFTER_SURNAME:
        if len(text) > _LONGEST_NAME or not all(map(is_han, text)):
            return None
        if any(text[:length] in data.phrases for length in data.lengths.get(text[0], ())):
            return None
    return text[:1], (reading,)


@cache
def _readings() -> _Readings:
    """Read the packaged file; measured at about 30 ms, hence once per process and only when asked for."""
    sections: dict[str, list[str]] = {}
    body: list[str] = []
    for line in files("kehu.base.common").joinpath("data/pinyin.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            body = sections.setdefault(line[1:-1], [])
        elif not line.startswith("#"):
            body.append(line)

    of: dict[str, tuple[str, ...]] = {}
    for line in sections["chars"]:
        syllable, members = line.split(" ", 1)
        of.update(dict.fromkeys(members, (syllable,)))
    also, surnames, phrases = (
        {text: tuple(readings) for text, *readings in map(str.split, sections[name])}
        for name in ("also", "surnames", "phrases")
    )
    compound = {text: readings for text, readings in surnames.items() if len(text) == 2}

    lengths: dict[str, set[int]] = {}
    turning: set[str] = set()
    for text, readings in (*phrases.items(), *compound.items()):
        pairs = zip(text, readings, strict=True)
        turning.update(char for char, reading in pairs if of[char][0] != reading)
    for text in phrases:
        lengths.setdefault(text[0], set()).add(len(text))
    keys = {ord(char): f" {readings[0]} " for char, readings in of.items()}
    keys.update({code: fold_ascii(chr(code)) if chr(code).isalnum() else " " for code in range(0x80)})
    keys.update(dict.fromkeys(_SIGNS, " "))
    for char, others in also.items():
        of[char] += others
    rare = {
        char
        for text, readings in (*phrases.items(), *compound.items())
        for char, reading in zip(text, readings, strict=True)
        if reading not in of[char]
    }
    return _Readings(
        of,
        {text: readings[0] for text, readings in surnames.items() if len(text) == 1},
        compound,
        phrases,
        {char: tuple(sorted(sizes, reverse=True)) for char, sizes in lengths.items()},
        frozenset(turning),
        frozenset(rare),
        keys,
    )
