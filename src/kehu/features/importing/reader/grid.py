"""Sheets through python-calamine, for every kind of file it reads. Runs in the child, after the checks.

It must not be imported by the server: calamine aborts the whole process when memory is refused.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from kehu.base.errors import BadInput
from kehu.features.importing.base import Limits, RawSheet

Errors = Mapping[str, Mapping[int, Mapping[int, str]]]


def read_sheets(path: Path, limits: Limits, errors: Errors | None = None) -> Iterator[RawSheet]:
    """Yield the worksheets of a workbook, hidden ones marked. `errors`: texts of error cells by sheet name."""
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
            yield RawSheet(
                name=meta.name,
                rows=sheet.iter_rows(),
                first_column=sheet.start[1],
                hidden=meta.visible != SheetVisibleEnum.Visible,
                errors=(errors or {}).get(meta.name, {}),
            )
            del sheet
