"""Collects what `layout` needs to know while a sheet streams by: its first rows, and later those that stand out.

A later row stands out when it follows a gap, has hardly a cell filled, repeats a title, or begins with a word such as
合计 or 制表人. It keeps at most a few thousand rows, so that an odd sheet costs no memory.
"""

import re
from collections.abc import Sequence

from kehu.features.importing.reader.layout import Cells, naming_words

Encoded = list[tuple[list[str | None], str]]

FIRST_ROWS = 500
_WIDEST = 400  # columns up to which all first rows are kept; of a wider sheet only the first few
_FEW = 30
_MOST = 4_000
_AFTER_GAP = 4
_MOST_HEADERS = 20  # in a column of a block
_LOOKED_AT = 8  # columns in which a word for a total or a signature may stand
_STARTS = frozenset("合小总共累本全华东南西北中各第注备说附温提制审复填经办批主会出单部负签盖公建打报※* 　\t\nTtSsGg")
_FILLED = bytes(0 if code == ord("0") else 1 for code in range(256))


class Notable:
    """The rows of one sheet that are worth a look, by row number."""

    def __init__(self) -> None:
        self.rows: dict[int, Cells] = {}
        self.continued: set[int] = set()
        self._last = 0
        self._after_gap = 0

    def first(self, columns: Encoded, numbers: Sequence[int]) -> None:
        """Keep the first rows of the sheet."""
        count = len(numbers) if len(columns) <= _WIDEST else min(len(numbers), _FEW)
        for index in range(count):
            self.rows[numbers[index]] = _cells(columns, index)
        if count < len(numbers):
            self.continued.add(numbers[count])
        self._last = numbers[-1] if numbers else 0

    def more(self, columns: Encoded, numbers: Sequence[int], titles: Sequence[str], heads: Sequence[str]) -> None:
        """Keep the rows of a later block that stand out against the header found so far."""
        wanted: set[int] = set()
        for index, number in enumerate(numbers) if numbers[-1] - self._last != len(numbers) else ():
            if number - (numbers[index - 1] if index else self._last) > 1:
                self._after_gap = _AFTER_GAP
            if self._after_gap:
                self._after_gap -= 1
                wanted.add(index)
        names = naming_words()
        width = sum(bool(one) for one in titles)
        if width >= 3:
            narrow = max(1, width // 4)
            counts = _filled_counts(columns, len(numbers))
            for index in [i for i, count in enumerate(counts) if count <= narrow]:
                wanted.update((index, min(index + 1, len(numbers) - 1)))
        for texts, kinds in columns[:_LOOKED_AT]:
            if "t" in kinds:
                wanted.update(i for i, text in enumerate(texts) if text and (text[0] in _STARTS) and _stands_out(text))
        for texts, kinds in columns[:_LOOKED_AT]:
            if "t" in kinds and (found := [i for i, text in enumerate(texts) if text in heads]):
                wanted.update(found)
                break
        for texts, kinds in columns[:_LOOKED_AT]:
            found = [i for i, text in enumerate(texts) if text in names] if "t" in kinds else []
            if len(found) <= _MOST_HEADERS:  # each perhaps the header of another table; more are words of the data
                wanted.update(row for i in found for row in (i, min(i + 1, len(numbers) - 1)))
        for index in sorted(wanted):
            if len(self.rows) >= _MOST:
                break
            number = numbers[index]
            self.rows[number] = _cells(columns, index)
            before = numbers[index - 1] if index else self._last
            if before == number - 1 and before not in self.rows:
                self.continued.add(number)
        self._last = numbers[-1]


_WORD = re.compile(
    r"\s*(.{0,8}[合小总共累]\s*计|total|sub|sum|grand|.{2,8}[:：]|(注|备注|附注|说明|提示|温馨提示|注意)|※|\*|第\d+页)",
    re.IGNORECASE,
)


def _stands_out(text: str) -> bool:
    return _WORD.match(text[:40]) is not None


def _cells(columns: Encoded, index: int) -> Cells:
    return [(texts[index], kinds if len(kinds) == 1 else kinds[index]) for texts, kinds in columns]


def _filled_counts(columns: Encoded, rows: int) -> bytes:
    """Return how many cells of each row are filled: columns of 0 and 1 are added up as one long number each.

    A byte holds the count of a row, so no more than 255 columns are looked at.
    """
    total = 0
    for texts, kinds in columns[:255]:
        one = kinds * len(texts) if len(kinds) == 1 else kinds
        total += int.from_bytes(one.encode("ascii").translate(_FILLED), "big")
    return total.to_bytes(rows, "big")
