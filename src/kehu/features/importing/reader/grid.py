"""Sheets through python-calamine, for every kind of file it reads. Runs in the child, after the checks.

It must not be imported by the server: calamine aborts the whole process when memory is refused.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from kehu.base.errors import BadInput
from kehu.features.importing.base import Limits, RawSheet
from kehu.features.importing.reader.binscan import BinaryScan
from kehu.features.importing.reader.sheetscan import SheetScan

Scan = SheetScan | BinaryScan


def read_sheets(path: Path, limits: Limits, scans: Mapping[str, Scan] | None = None) -> Iterator[RawSheet]:
    """Yield the worksheets of a workbook, hidden ones marked. `scans`: what was seen in the bytes, by sheet name."""
    try:
        book = CalamineWorkbook.from_path(str(path))
    except PasswordError as error:
        raise BadInput("import.encrypted") from error
    except (CalamineError, OSError, ValueError) as error:
        raise BadInput("import.unreadable") from error
    with book:
        wanted = [each for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
        if len(wanted) > limits.sheets:
            raise BadInput("import.too_large.sheets", limit=limits.sheets)
        for meta in wanted:
            try:
                sheet = book.get_sheet_by_name(meta.name)
            except (CalamineError, OSError, ValueError) as error:
                raise BadInput("import.unreadable.sheet", sheet=meta.name) from error
            if sheet.start is None:
                continue
            scan = (scans or {}).get(meta.name)
            yield RawSheet(
                name=meta.name,
                rows=sheet.iter_rows(),
                first_column=sheet.start[1],
                hidden=meta.visible != SheetVisibleEnum.Visible,
                errors=scan.errors if scan else {},
                merges=[(top, left, bottom, right) for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()],
                hidden_rows=scan.hidden_rows if scan else 0,
                bare_formulas=scan.bare_formulas if scan else 0,
                hidden_columns=scan.hidden_columns if scan else 0,
            )
            del sheet
