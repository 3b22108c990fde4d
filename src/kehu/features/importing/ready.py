"""What can be worked out of a row's values before it is written: stored columns, sort keys, search tokens.

Pure functions of values and catalog, so that they may run in another process. Secret values stay out: storing them
takes the keys and the record's id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kehu.base.fields.base import FieldType, Stored, Unresolved, Value, layout
from kehu.base.schema.model import Entity, Field
from kehu.core.changesets.observers import Ready
from kehu.core.search.tokens import LONG, search_tokens


class Preparer:
    """Works out records of one entity, column by column; a text that comes again is worked out once."""

    def __init__(self, entity: Entity, types: Mapping[str, FieldType], kinds: Mapping[str, str]) -> None:
        """Make one for records of `entity`; `kinds`: the token class of each searched field."""
        self._fields = {key: one for key, one in entity.fields.items() if _is_plain(one, types)}
        self._types = types
        self._kinds = kinds

    def ready(self, rows: Sequence[Mapping[str, Value | Unresolved]]) -> list[Ready]:
        """What is ready of records with these values by field."""
        stored: list[dict[str, Stored]] = [{} for _ in rows]
        short: list[list[str]] = [[] for _ in rows]
        long: list[list[str]] = [[] for _ in rows]
        for key in {key for row in rows for key in row} & self._fields.keys():
            prepare = self._work(key)
            kind = self._kinds.get(key)
            words = long if kind is not None and kind[0] == LONG else short
            known: dict[Value, tuple[dict[str, Stored], list[str]]] = {}
            for at, row in enumerate(rows):
                value = row.get(key)
                if value is None or isinstance(value, Unresolved):
                    continue
                found = known.get(value)
                if found is None:
                    found = known[value] = prepare(value)
                stored[at].update(found[0])
                words[at] += found[1]
        return [
            Ready(columns, " ".join({*few}), " ".join({*many}))
            for columns, few, many in zip(stored, short, long, strict=True)
        ]

    def _work(self, key: str) -> Callable[[Value], tuple[dict[str, Stored], list[str]]]:
        """What makes stored columns and search tokens of a value of this field."""
        one, kind = self._fields[key], self._kinds.get(key)
        type_ = self._types[one.value_type]
        placed = layout(one, self._types)
        names = [column.name for column in placed.typed or placed.value]
        sought = kind is not None and not placed.typed  # tokens are made of the value that is kept, not the typed one

        def work(value: Value) -> tuple[dict[str, Stored], list[str]]:
            # A typed value keeps only its main column: zip ends with the shorter.
            columns = dict(zip(names, type_.store(one, value), strict=False))
            if not sought:
                return columns, []
            return columns, list(search_tokens((str(kind), text) for text in type_.tokens(one, value)))

        return work


def _is_plain(one: Field, types: Mapping[str, FieldType]) -> bool:
    return one.sensitive != "secret" and types[one.value_type].output != "relation" and not one.read_only
