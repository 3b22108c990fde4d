"""Finds the header row among a sheet's first rows: the first one of mostly text, distinct, as wide as the rest.

It only looks at kinds and texts; what a column means is decided by the mapping. Two-row headers are not joined.
"""

import re
from collections.abc import Sequence

SEARCHED_ROWS = 30
_LONGEST_TITLE = 80
_VALUE_LIKE = re.compile(r"[\d\s.,:;/+\-%￥¥$年月日()（）]+")

Row = Sequence[tuple[str | None, str]]


def find_header(rows: Sequence[Row]) -> int | None:
    """Return the position of the header among `rows` (first rows of a sheet, cells as (text, kind)), or None."""
    widths = [sum(kind != "0" for _, kind in row) for row in rows[:SEARCHED_ROWS]]
    widest = max(widths, default=0)
    for position, row in enumerate(rows[:SEARCHED_ROWS]):
        width = widths[position]
        # Title and note lines above the table fill a few cells of many; a header names nearly all columns.
        if width * 5 < widest * 3 or width == 0:
            continue
        return position if _looks_like_titles(row, width) else None
    return None


def title(text: str | None) -> str:
    """Return a header cell as one line."""
    return " ".join(text.split()) if text else ""


def _looks_like_titles(row: Row, width: int) -> bool:
    titles = [title(text) for text, kind in row if kind == "t"]
    worded = [t for t in titles if len(t) <= _LONGEST_TITLE and not _VALUE_LIKE.fullmatch(t)]
    return len(worded) * 10 >= width * 8 and len(set(titles)) * 10 >= len(titles) * 8
