"""The type of a field is chosen by what its column holds; a doubtful column becomes a text."""

import json
from pathlib import Path

import pytest

from kehu.features.importing.headings import FILED
from kehu.features.importing.new_fields import field_type
from kehu.features.importing.synonyms import normal_title, synonyms


@pytest.mark.parametrize(
    ("title", "cells", "kind"),
    [
        ("数量", ["1", "2", "30"], "integer"),
        ("评分", ["4.5", "3", "无"], "number"),
        ("毛利(万元)", ["1.5", "20"], "money"),
        ("押金", ["500", "1,200.00"], "money"),
        ("学费", ["3980", "5200"], "money"),
        ("应收", ["3980", "0"], "money"),
        ("合同额", ["120000", "8.5万"], "money"),
        ("费用/标的额(万元)", ["120", "8.5"], "money"),
        ("月租（元）", ["2600", "3100.50"], "money"),
        ("报价", ["3980", "5200"], "money"),
        ("课时", ["24", "48"], "integer"),
        ("剩余课时(节)", ["24", "47.5"], "number"),
        ("名额", ["24", "48"], "integer"),
        ("评价", ["5", "4"], "integer"),
        ("入会日期", ["2023-3-5", "2023年4月1日"], "date"),
        ("备用手机", ["138 0013 8000", "13900139000"], "cn_mobile"),
        ("备用邮箱", ["a@example.com", "b@example.cn"], "email"),
        ("主页", ["https://example.com/a"], "url"),
        ("提成", ["15%", "3.5%"], "percent"),
        ("是否开票", ["是", "否", "是"], "boolean"),
        ("卡号", ["10001", "10002"], "text"),
        ("工号", ["0071", "0080"], "text"),
        ("经历", ["字" * 80], "long_text"),
        ("口味", ["辣", "不辣", "微辣", "辣", "辣", "不辣", "微辣", "辣", "辣", "不辣", "微辣", "辣"], "select"),
        ("爱好", ["飞盘", "骑行", "读书"], "text"),
        ("备用电话", ["021-62881234", "010-88001234"], "phone"),
        ("空", ["", "/"], "text"),
    ],
)
def test_types_by_content(title: str, cells: list[str], kind: str) -> None:
    assert field_type(title, cells, {"t"})[0] == kind


@pytest.mark.data
def test_most_headings_of_real_files_are_known(sample_files: Path) -> None:
    lines = json.loads((sample_files / "headers" / "header_lines_a.json").read_text("utf-8"))
    places = [set(synonyms(one)) for one in ("customer", "contact", "order", "order_line", "product", "ticket")]
    known = set(FILED).union(*places)
    titles = [title for line in lines for title in line["header"]]
    chinese = [title for line in lines if line["kind"] != "google_contacts" for title in line["header"]]
    found = sum(normal_title(title) in known for title in titles)
    assert (len(titles), found) == (203, 125)
    assert (len(chinese), sum(normal_title(title) in known for title in chinese)) == (168, 113)
