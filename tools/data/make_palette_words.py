"""Writes how the words sound by which the palette of the web app finds its fixed entries.

Reads and writes web/src/app/shell/palette-words.json: for each entry its words, Chinese and English, and behind them
pinyin and initials of the Chinese ones, made by the same readings as the search of records. The browser needs no
dictionary for it. Run it after a change of the words; a test fails when it was forgotten.
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

from kehu.base.common.pinyin import syllables

PLACE = Path(__file__).resolve().parents[2] / "web/src/app/shell/palette-words.json"


def with_sounds(words: dict[str, list[str]]) -> dict[str, list[str]]:
    """The same entries, each with the sounds of its words."""
    return {
        key: [text, " ".join(sound for word in text.split() for sound in sounds(word))]
        for key, (text, _) in words.items()
    }


def sounds(word: str) -> list[str]:
    """Pinyin and initials of a Chinese word, in every reading of its characters: 重做 is chong and zhong."""
    every = syllables(word)
    if not all(every):
        return []
    ways = list(product(*every))
    return list(dict.fromkeys(["".join(way) for way in ways] + ["".join(one[0] for one in way) for way in ways]))


def written(words: dict[str, list[str]]) -> str:
    """The file: one line for each entry."""
    lines = (f"  {json.dumps(key)}: {json.dumps(pair, ensure_ascii=False)}" for key, pair in words.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    PLACE.write_text(written(with_sounds(json.loads(PLACE.read_text(encoding="utf-8")))), encoding="utf-8")
