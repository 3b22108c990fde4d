"""The byte scan measures the same sheet however its bytes arrive and however they are spelled."""

from hypothesis import given
from hypothesis import strategies as st

from kehu.features.importing.base import Limits
from kehu.features.importing.reader.cells import column_letters
from kehu.features.importing.reader.sheetscan import SheetScan
from tests.support.workbooks import sheet_xml

PLACES = st.lists(st.tuples(st.integers(1, 300), st.integers(0, 900)), min_size=1, max_size=40, unique=True)


def rows_of(places: list[tuple[int, int]]) -> str:
    rows: dict[int, list[int]] = {}
    for row, column in places:
        rows.setdefault(row, []).append(column)
    return "".join(
        f'<row r="{row}" spans="1:9">'
        + "".join(f'<c r="{column_letters(c)}{row}" s="1"><v>{c}</v></c>' for c in columns)
        + "</row>"
        for row, columns in sorted(rows.items())
    )


def scan(data: bytes, size: int) -> SheetScan:
    measured = SheetScan("客户", Limits())
    for start in range(0, len(data), size):
        measured.feed(data[start : start + size])
    measured.close()
    return measured


@given(PLACES, st.integers(1, 400))
def test_box_and_count_do_not_depend_on_chunks(places: list[tuple[int, int]], size: int) -> None:
    data = sheet_xml(rows_of(places)).encode()
    measured = scan(data, size)
    assert measured.rows == max(row for row, _ in places)
    assert measured.columns == max(column for _, column in places) + 1
    assert measured.cells == len(places)


@given(PLACES)
def test_spelling_does_not_matter(places: list[tuple[int, int]]) -> None:
    xml = sheet_xml(rows_of(places))
    usual = scan(xml.encode(), 1 << 20)
    for other in (
        xml.replace('"', "'"),
        xml.replace("<c r=", "<c\n\tr = "),
        xml.replace("<c ", '<c cm="1" '),
        xml.replace("<c ", "<x:c ").replace("</c>", "</x:c>"),
    ):
        measured = scan(other.encode(), 1 << 20)
        assert (measured.rows, measured.columns, measured.cells) == (usual.rows, usual.columns, usual.cells)


def test_error_cells_are_found_with_and_without_formula() -> None:
    rows = (
        '<row r="2"><c r="B2" t="e"><v>#N/A</v></c><c r="C2" s="3" t="e"><f>VLOOKUP(A1,B:B,1,0)</f><v>#REF!</v></c>'
        '<c r="D2"><v>1</v></c><c r="E2" t="e"><f t="shared" si="0"/><v>#DIV/0!</v></c></row>'
    )
    expected = {1: {1: "#N/A", 2: "#REF!", 4: "#DIV/0!"}}
    assert scan(sheet_xml(rows).encode(), 1 << 20).errors == expected
    assert scan(sheet_xml(rows).encode(), 7).errors == expected
    assert scan(sheet_xml(rows.replace('"', "'")).encode(), 1 << 20).errors == expected


def test_a_text_that_looks_like_a_reference_is_no_cell() -> None:
    rows = '<row r="1"><c r="A1" t="inlineStr"><is><t>见 r="XFD1048576" 一格</t></is></c></row>'
    measured = scan(sheet_xml(rows).encode(), 1 << 20)
    assert (measured.rows, measured.columns, measured.cells) == (1, 1, 1)
