"""Ranking: the equal name first, then names that begin with what was typed, then whole words."""

import pytest

from kehu.core.search.match import MatchKind, match_kind, matches, met, touches
from kehu.core.search.tokens import search_query


@pytest.mark.parametrize(
    ("text", "title", "kind"),
    [
        ("宏远", "宏远", MatchKind.EXACT),
        ("上海宏远(贸易)", "上海宏远（贸易）", MatchKind.EXACT),
        ("zhangwei", "张伟", MatchKind.EXACT),
        ("ABC", "abc", MatchKind.EXACT),
        ("宏远", "宏远贸易", MatchKind.PREFIX),
        ("zhangw", "张伟", MatchKind.PREFIX),
        ("zw", "张伟民", MatchKind.PREFIX),
        ("宏远", "上海宏远贸易有限公司", MatchKind.WORD),
        ("nokia", "中国Nokia通信", MatchKind.WORD),
        ("远贸", "上海宏远贸易有限公司", MatchKind.OTHER),
        ("hy", "上海宏远贸易有限公司", MatchKind.OTHER),
        ("", "张伟", MatchKind.OTHER),
    ],
)
def test_match_kind(text: str, title: str, kind: MatchKind) -> None:
    assert match_kind(search_query(text, ["n"]), title) is kind


@pytest.mark.parametrize(
    ("text", "value", "kind", "expected"),
    [
        ("张伟", "张伟民", "n", True),
        ("张民", "张伟民", "n", False),
        ("zhangmin", "张伟民", "n", False),
        ("xian", "西安", "n", True),
        ("xian", "先锋", "n", True),
        ("xiang", "西安国际", "n", True),
        ("w", "张伟", "n", False),
        ("zh", "张伟", "n", True),
        ("5678", "13812345678", "p", True),
        ("4567", "13812345678", "p", False),
        ("zhangwei", "张伟", "t", False),
        ("张伟", "跟张伟谈过", "x", True),
        ("tec-001", "2023-TEC-001", "c", True),
        ("ec-001", "2023-TEC-001", "c", True),
        ("023", "2023-TEC-001", "c", False),
    ],
)
def test_a_value_matches(text: str, value: str, kind: str, expected: bool) -> None:
    assert matches(search_query(text, [kind]), [(kind, value)]) is expected


def test_touches_names_the_fields_that_made_the_hit() -> None:
    query = search_query("宏远 5678", ["n", "p"])
    assert touches(query, "n", "上海宏远贸易")
    assert touches(query, "p", "13812345678")
    assert not touches(query, "n", "张伟")


@pytest.mark.parametrize(
    ("text", "value", "kind", "shown"),
    [
        ("宏远", "上海宏远贸易有限公司", "n", "上海[宏远]贸易有限公司"),
        ("hymy", "上海宏远贸易有限公司", "n", "上海[宏远贸易]有限公司"),
        ("hongyuanm", "上海宏远贸易有限公司", "n", "上海[宏远贸]易有限公司"),
        ("xian", "西安先锋国际", "n", "[西安先]锋国际"),
        ("shan", "单雨桐", "n", "[单]雨桐"),
        ("z", "张伟", "n", "[张]伟"),
        ("宏远 wuxi", "无锡宏远（无锡）", "n", "[无锡宏远]（[无锡]）"),
        ("hongyuanwx", "宏远（无锡）", "n", ""),
        ("hyw", "宏远（无锡）", "n", "[宏远]（[无]锡）"),
        ("张w", "张伟", "n", "[张伟]"),
        ("𠮷野", "大阪𠮷野家", "n", "大阪[𠮷野]家"),
        ("NOKIA", "中国Nokia通信", "n", "中国[Nokia]通信"),
        ("5678", "138-1234-5678", "p", "138-1234-[5678]"),
        ("13812", "138-1234-5678", "p", "[138-12]34-5678"),
        ("3345", "021-62883345-802", "p", "021-6288[3345]-802"),
        ("tec-001", "2023-TEC-001", "c", "2023-[TEC-001]"),
        ("001", "2023-TEC001", "c", "2023-TEC[001]"),
        ("zw1234", "张伟", "n", "[张伟]"),
        ("zw1234", "13800001234", "p", "1380000[1234]"),
        ("报价", "再报价，报价单另寄", "x", "再[报价]，[报价]单另寄"),
        ("zhangwei", "跟张伟谈过", "x", ""),
        ("i", "İstanbul 宏远", "n", ""),
    ],
)
def test_met_are_the_characters_that_were_found(text: str, value: str, kind: str, shown: str) -> None:
    query = search_query(text, [kind])
    marked = list(value)
    for start, end in met(query, kind, value):
        marked[start] = "[" + marked[start]
        marked[end - 1] += "]"
    assert "".join(marked) == (shown or value)
    assert bool(shown) == (touches(query, kind, value) and not value.startswith("İ"))
