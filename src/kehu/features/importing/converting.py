"""The process that converts the rows of a run: cells → values, then what can be made ready of them.

Started by `ahead` with a job on standard input. It reads blocks, never a workbook; it has no ledger and opens no
socket. Each line of its output names a file that it has written, sealed with a key that only the parent knows.
"""

from __future__ import annotations

import gc
import io
import pickle
import sys
from collections.abc import Mapping
from copyreg import dispatch_table
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import orjson

from kehu.base.common import registry
from kehu.base.crypto.keys import Keyring
from kehu.base.fields.base import FieldType, ParseEnv
from kehu.base.schema.model import Entity
from kehu.features.importing.base import Limits
from kehu.features.importing.convert import BadCell, Converter, RowValues, Taken, restore
from kehu.features.importing.reader.child import restrict
from kehu.features.importing.reader.workbook import Sheet
from kehu.features.importing.ready import Preparer

LIMITS = Limits(cpu_seconds=3600)


@dataclass(frozen=True, slots=True)
class Order:
    """What the process is to do. `tables`: each sheet, and the columns that are taken of it."""

    tables: tuple[tuple[Sheet, tuple[Taken, ...]], ...]
    entity: Entity
    env: ParseEnv
    types: str  # package of the field types
    kinds: Mapping[str, str]  # token class of each searched field
    folder: Path
    kid: str
    root: bytes


def _read_only(of: dict[str, Any]) -> MappingProxyType[str, Any]:
    return MappingProxyType(of)


class _Pickler(pickle.Pickler):
    dispatch_table: ClassVar[dict[type, Any]] = {  # type: ignore[misc]
        **dispatch_table,
        MappingProxyType: lambda of: (_read_only, (dict(of),)),
    }


def dumped(order: Order) -> bytes:
    """The order as it goes through standard input."""
    out = io.BytesIO()
    _Pickler(out, pickle.HIGHEST_PROTOCOL).dump(order)
    return out.getvalue()


def values_file(folder: Path, table: int, block: int) -> Path:
    """Where the values of a block stand."""
    return folder / f"rows{table}-{block}"


def ready_file(folder: Path, table: int, block: int) -> Path:
    """Where stands what is ready of a block."""
    return folder / f"ready{table}-{block}"


def encoded(rows: list[RowValues], places: dict[int, int]) -> dict[str, Any]:
    """Rows as JSON data; `odd` names the values that are not what JSON makes of them."""
    odd = {
        (reverse, key)
        for row in rows
        for reverse, values in row.values.items()
        for key, value in values.items()
        if not isinstance(value, str | int | bool | None)
    }
    return {
        "odd": sorted(odd),
        "rows": [(row.row, row.values, [_bad(cell, places) for cell in row.bad]) for row in rows],
    }


def _bad(cell: BadCell, places: dict[int, int]) -> tuple[object, ...]:
    problem = cell.problem
    return places[id(cell.column)], cell.text, problem.code, problem.severity, dict(problem.data)


def main() -> int:
    """Convert all blocks, then make them ready; say what is done."""
    order: Order = pickle.loads(sys.stdin.buffer.read())  # written by the parent and nobody else
    restrict(LIMITS)
    gc.disable()
    types = registry.load(order.types, FieldType, others=registry.installed("kehu.field_types"))
    seal = Keyring(order.kid, order.root)
    done: list[tuple[int, int]] = []
    for table, (sheet, columns) in enumerate(order.tables):
        converter = Converter(types, order.env, columns)
        places = {id(taken.column): place for place, taken in enumerate(columns)}
        block = 0
        for block, frame in enumerate(sheet.blocks(sheet.header_row or 0), 1):
            rows = converter.rows(frame)
            data = orjson.dumps(encoded(rows, places), default=str)
            target = values_file(order.folder, table, block)
            target.write_bytes(seal.encrypt_bytes(data, aad=target.name))
            _say("rows", table, block, rows[-1].row)
            done.append((table, block))
        _say("end", table, block)
    preparer = Preparer(order.entity, types, order.kinds)
    for table, block in done:
        source = values_file(order.folder, table, block)
        rows_ = orjson.loads(seal.decrypt_bytes(source.read_bytes(), aad=source.name))
        own = [values.get("", {}) for _, values, _ in restore(rows_)]
        data = orjson.dumps([(one.stored, one.short, one.long) for one in preparer.ready(own)])
        target = ready_file(order.folder, table, block)
        target.write_bytes(seal.encrypt_bytes(data, aad=target.name))
        _say("ready", table, block)
    return 0


def _say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
