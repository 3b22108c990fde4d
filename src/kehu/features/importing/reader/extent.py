"""Whether a sheet stays inside the limits, told while its bytes stream by. Reads no cells."""

from __future__ import annotations

from kehu.base.errors import BadInput
from kehu.features.importing.base import Limits
from kehu.features.importing.reader.cells import column_letters


def refuse_extent(limits: Limits, sheet: str, rows: int, columns: int, cells: int) -> None:
    """Raise BadInput `import.too_large.…` with sheet and last cell when a sheet is larger than the limits allow."""
    corner = f"{column_letters(max(columns, 1) - 1)}{rows}"
    if columns > limits.columns:
        raise BadInput("import.too_large.columns", sheet=sheet, limit=limits.columns, cell=corner)
    if cells > limits.cells:
        raise BadInput("import.too_large.cells", sheet=sheet, limit=limits.cells)
    if rows > limits.rows or rows * columns > limits.box:
        raise BadInput("import.too_large.box", sheet=sheet, cell=corner)
