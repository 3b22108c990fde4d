"""Reads workbooks as `reader.parent` does, but without the process of their own: starting one takes longer than reading
a small file, and the tests read more than a thousand. The process and its limits have tests of their own
(tests/unit/features/importing); whatever runs `kehu` in a process has the real one, too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson

from kehu.base.errors import BadInput
from kehu.features.importing.base import Limits
from kehu.features.importing.reader import child, parent
from kehu.features.importing.reader.workbook import Workbook


def read_workbook(path: Path, **given: Any) -> Workbook:
    """`reader.parent.read_workbook` with all its checks, in this process."""
    with patch.object(parent, "_run", _run):
        return parent.read_workbook(path, **given)


def _run(
    module: str, order: bytes, workdir: Path, limits: Limits, cancelled: Callable[[], bool] | None
) -> dict[str, Any]:
    del module, limits  # they stand in the order, too
    if cancelled is not None and cancelled():
        raise BadInput("import.cancelled")
    child.work(orjson.loads(order))
    return parent._result(workdir)
