"""Proposes where each column of a sheet goes: by heading, by synonym, by content; with confidence and reason.

Only proposes; people or a mapping file may overrule every line. Reads no record.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from kehu.base.schema.model import Catalog, Entity
from kehu.features.importing.reader.workbook import Sheet
from kehu.features.importing.synonyms import normal_title, synonyms, unit_factor
from kehu.features.importing.targets import Target, target, targets

Reason = Literal["label", "synonym", "similar", "content", "given", "derived", "none"]
SAMPLE_ROWS = 200


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """One column: its place and heading, the target key (None: not taken), how sure and why, and the money factor."""

    index: int
    letters: str
    source: str
    target: str | None
    confidence: float
    reason: Reason
    factor: int | None = None
    samples: tuple[str, ...] = ()

    def outward(self) -> dict[str, object]:
        """The form of the HTTP and command line contracts."""
        return {
            "index": self.index,
            "letters": self.letters,
            "source": self.source,
            "field": self.target,
            "confidence": round(self.confidence, 2),
            "reason": self.reason,
            "samples": list(self.samples),
        }


def propose(
    catalog: Catalog, entity: Entity, sheet: Sheet, given: Mapping[str, str | None] | None = None
) -> list[ColumnMap]:
    """Map the columns of a sheet. `given` overrules by heading (or column letters); its None means: leave out."""
    names = _names(catalog, entity)
    words = synonyms(entity.key)
    head = sheet.head((sheet.header_row or 0) + 20)
    rows = [texts for number, texts in head if number > (sheet.header_row or 0)]
    samples = _samples(rows, sheet.n_cols)
    proposals: list[ColumnMap] = []
    for column in sheet.columns:
        cells = samples[column.index]
        chosen: tuple[str | None, float, Reason] = (None, 0.0, "none")
        asked = given or {}
        if column.title in asked or column.letters in asked:
            chosen = (asked.get(column.title, asked.get(column.letters)), 1.0, "given")
        elif column.title:
            chosen = _by_title(normal_title(column.title), names, words)
        if chosen[0] is None and chosen[2] == "none":
            chosen = _by_content(entity.key, cells)
        place = target(catalog, entity, chosen[0]) if chosen[0] else None
        if chosen[0] is not None and place is None:
            chosen = (None, chosen[1], "derived")
        proposals.append(
            ColumnMap(
                index=column.index,
                letters=column.letters,
                source=column.title or column.letters,
                target=place.key if place else None,
                confidence=chosen[1],
                reason=chosen[2],
                factor=unit_factor(column.title),
                samples=tuple(cells[:3]),
            )
        )
    return _without_doubles(proposals)


def propose_entities(catalog: Catalog, sheet: Sheet) -> list[tuple[str, list[ColumnMap]]]:
    """Entities that a sheet may hold with the mapping for each, the one that takes most first; customers win a tie."""
    found: list[tuple[float, str, list[ColumnMap]]] = []
    for entity in catalog.entities.values():
        if entity.system or entity.hidden:
            continue
        columns = propose(catalog, entity, sheet)
        sure = {c.target: c.confidence for c in columns if c.target and c.reason != "content"}
        if any(key in sure for key in (*entity.title, "name", "code")):
            score = sum(sure.values()) + (0.5 if entity.key == "customer" else 0.0)
            found.append((score, entity.key, columns))
    found.sort(key=lambda one: -one[0])
    return [(key, columns) for _, key, columns in found]


def _names(catalog: Catalog, entity: Entity) -> dict[str, str]:
    """Labels and keys of all targets, normalised."""
    out: dict[str, str] = {}
    for one in entity.visible:
        for text in (one.label.zh, one.label.en, one.key):
            out.setdefault(normal_title(text), one.key)
    for place, field in targets(catalog, entity):
        if place.reverse:
            child = catalog.entities[place.entity]
            for text in (f"{child.label.zh}{field.label.zh}", place.key):
                out.setdefault(normal_title(text), place.key)
    return out


def _by_title(title: str, names: Mapping[str, str], words: Mapping[str, str]) -> tuple[str | None, float, Reason]:
    if title in names:
        return names[title], 1.0, "label"
    if title in words:
        return words[title], 0.95, "synonym"
    near = [(len(word), key) for word, key in {**words, **names}.items() if len(word) >= 2 and word in title]
    if near:
        length, key = max(near)
        if length * 4 >= len(title) * 3:  # 客户手机号 is 手机号, 销售额 is no 销售
            return key, 0.6, "similar"
    return None, 0.0, "none"


_CONTENT: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("mobile", re.compile(r"(\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}")),
    ("email", re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")),
    ("id_number", re.compile(r"[1-9]\d{16}[\dXx]")),
    ("credit_code", re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}")),
)


def _by_content(entity: str, cells: Sequence[str]) -> tuple[str | None, float, Reason]:
    if entity not in ("customer", "contact") or len(cells) < 3:
        return None, 0.0, "none"
    for key, pattern in _CONTENT:
        share = sum(bool(pattern.fullmatch(cell.strip())) for cell in cells) / len(cells)
        if share >= 0.8:
            return key, round(0.5 + share * 0.3, 2), "content"
    return None, 0.0, "none"


def _samples(rows: Sequence[Sequence[str | None]], width: int) -> list[list[str]]:
    return [[text for row in rows if index < len(row) and (text := row[index])] for index in range(width)]


def _without_doubles(proposals: Sequence[ColumnMap]) -> list[ColumnMap]:
    """Of several columns for one target the surest stays, of equals the first."""
    best: dict[str, ColumnMap] = {}
    for one in proposals:
        if one.target and (one.target not in best or one.confidence > best[one.target].confidence):
            best[one.target] = one
    out = []
    for one in proposals:
        if one.target and best[one.target] is not one:
            one = ColumnMap(one.index, one.letters, one.source, None, 0.0, "none", one.factor, one.samples)
        out.append(one)
    return out


def chosen_targets(catalog: Catalog, entity: Entity, columns: Sequence[ColumnMap]) -> list[tuple[ColumnMap, Target]]:
    """The columns that are taken, with their targets."""
    found = []
    for column in columns:
        place = target(catalog, entity, column.target) if column.target else None
        if place is not None:
            found.append((column, place))
    return found
