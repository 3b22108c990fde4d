"""Writes how the words sound by which the palette of the web app finds its fixed entries.

Reads and writes web/src/app/shell/palette-words.json: for each entry its words, Chinese and English, and behind them
pinyin and initials of the Chinese ones, made by the same readings as the search of records. The browser needs no
dictionary for it. Run it after a change of the words, then `npm run format` in web; a test fails when it was forgotten.
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


if __name__ == "__main__":
    made = with_sounds(json.loads(PLACE.read_text(encoding="utf-8")))
    PLACE.write_text(json.dumps(made, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
