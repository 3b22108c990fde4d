"""Writes src/kehu/base/common/data/pinyin.txt: the readings that sort keys and search need, without tones.

Source: the dictionaries of the package pypinyin (MIT; characters from pinyin-data, phrases from
phrase-pinyin-data, both MIT), plus readings.txt for names of people, places and shops. A phrase is kept only
where reading its characters one by one would give something else. Run it after raising pypinyin.
"""

import argparse
import sys
import unicodedata
from importlib.metadata import version
from pathlib import Path

from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

OWN = Path(__file__).with_name("readings.txt")
TARGET = Path(__file__).parents[2] / "src" / "kehu" / "base" / "common" / "data" / "pinyin.txt"
# Longer phrases of the dictionary are idioms, which nobody is called; what remains of them only costs time.
LONGEST_PHRASE = 3


def plain(reading: str) -> str:
    """Return a reading without its tone, ü as v."""
    letters = unicodedata.normalize("NFD", reading)
    marked = letters.replace("u\u0308", "v")
    return "".join(letter for letter in marked if not unicodedata.combining(letter))


def own_lists() -> dict[str, list[tuple[str, list[str]]]]:
    """Return the sections of readings.txt: (text, readings) pairs."""
    sections: dict[str, list[tuple[str, list[str]]]] = {}
    pairs: list[tuple[str, list[str]]] = []
    for line in OWN.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            pairs = sections.setdefault(line[1:-1], [])
        elif line and not line.startswith("#"):
            pairs += [(text, readings) for text, *readings in map(str.split, line.split("|"))]
    return sections


def build() -> str:
    """Return the contents of the data file."""
    lists = own_lists()
    usual = {char: readings[0] for char, readings in lists["usual"]}
    chars: dict[str, str] = {}
    for code, marked_readings in sorted(PINYIN_DICT.items()):
        char = chr(code)
        if unicodedata.normalize("NFC", char) == char:
            chars[char] = usual.get(char) or plain(marked_readings.split(",")[0])
    by_syllable: dict[str, list[str]] = {}
    for char, syllable in chars.items():
        by_syllable.setdefault(syllable, []).append(char)

    unusual = {
        text: readings
        for text, readings in sorted(lists["surnames"])
        if any(chars[char] != reading for char, reading in zip(text, readings, strict=True))
    }
    surnames = {text: readings[0] for text, readings in unusual.items() if len(text) == 1}
    own = dict(lists["phrases"])
    dropped = {text for text, _ in lists["dropped"]} - set(own)
    phrases: dict[str, list[str]] = {}
    for text, marked in PHRASES_DICT.items():
        readings = own.get(text) or [plain(each[0]) for each in marked]
        if text in dropped:
            continue
        if 2 <= len(text) == len(readings) <= LONGEST_PHRASE and all(char in chars for char in text):
            phrases[text] = readings
    phrases.update(own)
    kept = {
        text: readings
        for text, readings in sorted(phrases.items())
        if any(chars[char] != reading for char, reading in zip(text, readings, strict=True))
        or surnames.get(text[0], readings[0]) != readings[0]  # keeps 解放 from being read as a person's name
    }

    also: dict[str, list[str]] = {}
    for char, readings in [*lists["also"], *((char, [reading]) for char, reading in surnames.items())]:
        others = also.setdefault(char, [])
        others.extend(each for each in readings if each != chars[char] and each not in others)

    lines = [
        f"# Made by tools/data/make_pinyin.py from pypinyin {version('pypinyin')} (MIT), see SOURCES.md.",
        "[chars]",
        *(f"{syllable} {''.join(members)}" for syllable, members in sorted(by_syllable.items())),
        "[also]",
        *(f"{char} {' '.join(readings)}" for char, readings in sorted(also.items()) if readings),
        "[surnames]",
        *(f"{text} {' '.join(readings)}" for text, readings in unusual.items()),
        "[phrases]",
        *(f"{text} {' '.join(readings)}" for text, readings in kept.items()),
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the file, or with --check say whether it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="do not write, exit 1 when the file is stale")
    if parser.parse_args().check:
        return int(TARGET.read_text(encoding="utf-8") != build())
    TARGET.write_text(build(), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
