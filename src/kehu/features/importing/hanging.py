"""What hangs on a customer, laid out in the columns and rows of a sheet: contacts side by side or below each other,
contracts and follow-ups a row each.

Pure functions of records that the read door gave. Which columns show what is the layout's matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MARKS = {
    "contact": ("is_primary", "position"),
    "address": ("is_default", "type"),
    "interaction": ("occurred_at", "contact"),
}
"""What is read beside the columns: of contacts and addresses what marks the first of them and the field that a heading
may say, of follow-ups the day and whom it was with."""
Shown = tuple[int, int | None, list[Any]]
"""The cells of a record: its id, that of the contact whom it was with, and what stands in the columns."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Records of a customer in columns of the sheet: contacts or addresses side by side (联系人1, 联系人2), or one of
    them, or each in a row of its own (`rows`).

    owner: the path to the customer from the exported records, "" when they are customers themselves. fields: what is
    read of each, the relation `above` first. columns: of each column of the sheet which record it shows and which of
    the fields. said: what the heading of a record says of it (财务 of 财务联系人), with that heading.
    """

    entity: str
    owner: str
    above: str
    fields: tuple[str, ...]
    columns: tuple[tuple[int, int], ...]
    said: Mapping[int, tuple[str, str]]
    rows: bool = False

    def shown(self, records: Sequence[Sequence[Any]]) -> list[Shown]:
        """What stands in the columns of one customer, in how many rows it takes. His records are given with id and
        revision before `fields`."""
        if self.rows:
            whom = self._at("contact")
            return [
                (one[0], one[whom]["id"] if whom is not None and one[whom] else None,
                 [one[at + 2] for _, at in self.columns])
                for one in sorted(records, key=lambda one: one[0])
            ]  # fmt: skip
        chosen = self._chosen(records)
        return [(0, None, [chosen[n][at + 2] if n in chosen else None for n, at in self.columns])]

    def _chosen(self, records: Sequence[Sequence[Any]]) -> dict[int, Sequence[Any]]:
        """Which record stands at which place: that which its heading means, the others by age behind the first."""
        if self.entity == "interaction":  # only one has room: the newest
            day = self._at("occurred_at")
            return {1: max(records, key=lambda one: (day is not None and str(one[day] or ""), one[0]))}
        first, word = (self._at(name) for name in MARKS.get(self.entity, ("", "")))
        remark = self._at("remark")
        left = sorted(records, key=lambda one: (first is None or not one[first], one[0]))
        chosen: dict[int, Sequence[Any]] = {}
        for n, (said, _) in self.said.items():
            found = next((one for one in left if word is not None and one[word] == said), None)
            if found is not None:
                chosen[n] = found
                left.remove(found)
        for n, (_, title) in self.said.items():  # an address below two headings says the second one in its remark
            lines = ((one, str(one[remark] or "").splitlines()) for one in records if remark is not None)
            found = next((one for one, said in lines if title in said), None)
            if n not in chosen and found is not None and self.entity == "address":
                chosen[n] = found
                left = [one for one in left if one is not found]
        places = sorted({n for n, _ in self.columns} - chosen.keys())
        return chosen | dict(zip(places, left, strict=False))

    def _at(self, name: str) -> int | None:
        """Where a field stands in a record."""
        return self.fields.index(name) + 2 if name in self.fields else None


def lines(besides: Sequence[Beside], hanging: Sequence[Sequence[Shown]]) -> list[list[Any]]:
    """The cells of each row that one customer takes, by what is shown of each of `besides`. Contacts stand beside the
    follow-ups that were with them; what takes one row only stands in all."""
    columns = [[cells for *_, cells in shown] for shown in hanging]
    kinds = {one.entity: n for n, one in enumerate(besides) if one.rows}
    talks, people = kinds.get("interaction"), kinds.get("contact")
    if talks is not None and people is not None and len(hanging[people]) > 1:
        columns[talks], columns[people] = _together(besides, hanging, talks, people)
    count = max(map(len, columns), default=1)
    empty = [[None] * len(one.columns) for one in besides]
    return [[cell for n, rows in enumerate(columns) for cell in _nth(rows, row, empty[n])] for row in range(count or 1)]


def _together(
    besides: Sequence[Beside], hanging: Sequence[Sequence[Shown]], talks: int, people: int
) -> tuple[list[list[Any]], list[list[Any]]]:
    """Follow-ups and contacts in rows of their own, side by side where they belong together."""
    of = {id: cells for id, _, cells in hanging[people]}
    rows: list[tuple[list[Any] | None, list[Any] | None]]
    rows = [(cells, of.get(whom) if whom is not None else None) for _, whom, cells in hanging[talks]]
    met = {whom for _, whom, _ in hanging[talks]}
    rows += [(None, cells) for id, cells in of.items() if id not in met]
    nothing, nobody = ([None] * len(besides[n].columns) for n in (talks, people))
    return [said or nothing for said, _ in rows], [who or nobody for _, who in rows]


def _nth(rows: Sequence[list[Any]], n: int, empty: list[Any]) -> list[Any]:
    """The cells of a row: what takes one row only stands in all."""
    return rows[n] if n < len(rows) else rows[0] if len(rows) == 1 else empty
