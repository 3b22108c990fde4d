"""Search: whatever a person may type for a customer is found by its tokens, and tokens suit both databases (R36)."""

import csv
import lzma
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kehu.base.common.pinyin import syllables
from kehu.core.search.match import matches
from kehu.core.search.tokens import All, Any, Lookup, Node, continuations, loosened, search_query, search_tokens

CLASSES = ["n", "p", "c", "t", "x", "n0", "p0"]

HONGYUAN = [
    ("n", "上海宏远贸易有限公司"),
    ("n", "宏远"),
    ("c", "2023-TEC-001"),
    ("c", "91310115MA1H7YN30A"),
    ("p", "13812345678"),
    ("p", "021-62881234-801"),
    ("t", "lina@hongyuan.cn"),
    ("t", "办公用品、Thinkpad"),
    ("x", "李娜反馈：交期晚了 3 天，要求 VIP 价。"),
    ("n0", "曾乐行"),
    ("p0", "13900001111"),
]


def found(node: Node | None, tokens: set[str]) -> bool:
    """What the databases do with a query."""
    match node:
        case None:
            return False
        case Lookup(token, prefix):
            if not prefix:
                return token in tokens
            begun = {each for each in tokens if each.startswith(token)}
            known = continuations(token)
            assert not known or begun <= set(known), "SQLite looks these up instead of the beginning"
            return bool(begun)
        case All(parts):
            return all(found(part, tokens) for part in parts)
        case Any(parts):
            return any(found(part, tokens) for part in parts)


def finds(text: str, values: list[tuple[str, str]], classes: list[str] = CLASSES) -> bool:
    return found(search_query(text, classes).match, search_tokens(values))


@pytest.mark.parametrize(
    "text",
    [
        "宏", "宏远", "宏远贸", "海宏远贸易", "上海宏远贸易有限公司", "宏远 曾乐行", "宏远（贸易）",
        "hongyuan", "hongy", "hongyu", "shanghaihongyuan", "ShangHai", "hong'yuan",
        "shanghaihongyuanmaoyiyouxiangongsi",
        "hy", "hym", "hymy", "shhymyyxgs", "s", "sh", "宏y", "h远", "上海hy", "宏远maoyi",
        "zenglexing", "cengyuehang", "zlx", "cyh", "zengyuex", "曾l", "l行", "z",
        "2023-tec-001", "2023TEC001", "tec", "001", "2023", "91310115MA1H", "n30a", "7yn30a",
        "1381", "13812345678", "138 1234 5678", "+86 138-1234-5678", "5678", "345678", "1111",
        "02162881234", "021-6288", "62881234", "1234", "62881234801",
        "lina", "lina@hongyuan.cn", "think", "办公", "vip", "交期 李娜", "hy5678", "hy 5678",
    ],
)  # fmt: skip
def test_r36_what_people_type_is_found_and_matches(text: str) -> None:
    assert finds(text, HONGYUAN)
    assert matches(search_query(text, CLASSES), HONGYUAN)


@pytest.mark.parametrize(
    "text",
    [
        "弘远",
        "宏海",
        "远宏",
        "yuanhong",
        "yb",
        "hzx",
        "12",
        "8123",
        "023",
        "ongyuan",
        "宏z",
        "xinghang",
        "",
        "，",
        "zz",
    ],
)
def test_what_is_not_there_does_not_match(text: str) -> None:
    assert not matches(search_query(text, CLASSES), HONGYUAN)


def test_only_the_classes_of_the_actor_are_looked_up() -> None:
    for text in ("曾乐行", "cyh", "1111"):
        assert finds(text, HONGYUAN, ["n0", "p0"])
        assert not finds(text, HONGYUAN, ["n", "p", "c", "t", "x"])
    assert search_query("宏远", []).match is None


@pytest.mark.parametrize("name", ["", "N", "nn", "n-1", "o1", "n1x"])
def test_classes_are_a_letter_and_a_number(name: str) -> None:
    with pytest.raises(ValueError, match="not a token class"):
        search_query("宏远", [name])


HAN = "张伟李娜曾单仇解区查任华重庆长沙银行乐宏远上海贸易有限公司司公安恩阿额呃嗯儿藏朝绿女略翁西先县"
LATIN = "zhangweicengxlvbu"
NAMES = st.text(st.sampled_from(HAN), min_size=1, max_size=8) | st.text(
    st.sampled_from(HAN + "aB3（）·- é🍎あ"), min_size=1, max_size=12
)


@st.composite
def typed_for(draw: st.DrawFn, name: str) -> str:
    """Something a person may type who looks for `name`: a part as Han, pinyin, initials or a mix of them."""
    chars = [char for char in name if char in HAN] or ["张"]
    start = draw(st.integers(0, len(chars) - 1))
    part = chars[start : start + draw(st.integers(1, 4))]
    spelled = []
    for char in part:
        reading = draw(st.sampled_from(syllables(char)[0]))
        spelled.append(draw(st.sampled_from([char, reading, reading, reading[0], reading[:2]])))
    return draw(st.sampled_from(["", " "])).join(spelled)


@given(st.data(), NAMES)
def test_tokens_find_at_least_what_matches(data: st.DataObject, name: str) -> None:
    text = data.draw(typed_for(name) | st.text(st.sampled_from(LATIN), min_size=1, max_size=12) | NAMES)
    values = [("n", name)]
    if matches(search_query(text, ["n"]), values):
        assert finds(text, values, ["n"])


@given(st.data(), st.lists(st.tuples(st.sampled_from(CLASSES), NAMES | st.text(max_size=20)), max_size=4))
def test_tokens_that_say_all_find_nothing_else(data: st.DataObject, values: list[tuple[str, str]]) -> None:
    """Such hits are shown without a look at their records."""
    parts = NAMES.map(lambda name: name[:2]) | st.text(st.sampled_from(LATIN), min_size=1, max_size=4)
    query = search_query(" ".join(data.draw(st.lists(parts, min_size=1, max_size=2))), CLASSES)
    if query.exact and query.chunks:
        assert found(query.match, search_tokens(values)) == matches(query, values)


@pytest.mark.parametrize(
    ("text", "exact"),
    [("宏", True), ("宏远", True), ("hy", True), ("hym", True), ("li", True), ("5678", True), ("张 5678", True),
     ("宏远贸", False), ("hongyuan", False), ("zhang", False), ("hymy", False), ("xian", False), ("宏y", False),
     ("zw1234", False)],
)  # fmt: skip
def test_which_queries_need_no_look_at_the_record(text: str, exact: bool) -> None:
    assert search_query(text, CLASSES).exact is exact


def test_pinyin_asks_for_neighbours() -> None:
    """Else hongyuan would have to look at every 洪…园 of a million customers."""
    assert not found(search_query("hongyuan", ["n"]).match, search_tokens([("n", "洪达园林")]))
    assert found(search_query("hongyuan", ["n"]).match, search_tokens([("n", "上海宏远")]))


@given(st.text(st.sampled_from(HAN), min_size=1, max_size=14))
@example("西安恩阿额")
@example("单县长安长绿女银行先翁儿")
def test_r36_every_part_initials_and_pinyin_of_a_name_find_it(name: str) -> None:
    values = [("n", name)]
    for size in (1, 2, 3):
        for start in range(len(name) - size + 1):
            assert finds(name[start : start + size], values)
    readings = syllables(name)
    assert finds("".join(each[0] for each in readings), values)
    assert finds("".join(each[-1] for each in readings), values)
    initials = "".join(each[0][0] for each in readings)
    for start in range(len(name)):
        for end in range(start + 2, len(name) + 1):
            assert finds(initials[start:end], values), initials[start:end]
    for (first, *_), (second, *_) in pairwise(readings):
        assert finds(first + second[:1], values)
        assert matches(search_query(first + second[:2], ["n"]), [("n", name)])
        assert finds(first + second[:2], values)


PHONES = r"1[3-9][0-9]{9}|0[1-9][0-9]{1,2}-[2-9][0-9]{6,7}(-[0-9]{1,4})?|400-[0-9]{3}-[0-9]{4}"


@given(st.from_regex(PHONES, fullmatch=True))
def test_r36_beginning_and_end_of_a_phone_find_it(number: str) -> None:
    digits = number.replace("-", "")
    for size in range(3, len(digits) + 1):
        assert finds(digits[:size], [("p", number)])
        assert finds(digits[-size:], [("p", number)])
    if number.startswith("0") and number.count("-") == 2:  # with an extension
        assert finds(number.rsplit("-", 1)[0][-4:], [("p", number)])


@given(st.from_regex(r"[A-Z0-9]{1,6}(-[A-Z0-9]{1,6}){0,3}", fullmatch=True), st.data())
def test_codes_are_found_whole_by_part_and_by_end(code: str, data: st.DataObject) -> None:
    values = [("c", code)]
    joined = code.replace("-", "")
    assert finds(code, values)
    assert finds(joined.lower(), values)
    assert finds(data.draw(st.sampled_from(code.split("-"))), values)
    assert finds(joined[: data.draw(st.integers(1, len(joined)))], values)
    if len(joined) >= 3:
        assert finds(joined[-3:], values)


@given(st.lists(st.tuples(st.sampled_from(CLASSES), st.text(max_size=30)), max_size=5), st.text(max_size=20))
def test_tokens_hold_only_what_both_databases_take_as_one_word(values: list[tuple[str, str]], text: str) -> None:
    tokens = search_tokens(values)
    for token in tokens:
        assert all(char.isalnum() for char in token if char.isascii()), token
        assert token == token.lower() or not token.isascii()
        assert token.encode("utf-8", "replace")
        assert len(token) < 60
    query = search_query(text, CLASSES)
    if matches(query, values):
        assert found(query.match, tokens)


def test_long_queries_stay_small() -> None:
    def size(node: Node | None) -> int:
        return 1 if node is None or isinstance(node, Lookup) else sum(map(size, node.parts))

    for text in ("xianxianxianxianxianxianxian", "a" * 90, "nananananananana", "1" * 99, "宏远" * 50, "张 " * 50):
        assert size(search_query(text, ["n", "p", "c", "t"]).match) <= 400


@pytest.mark.data
def test_real_names_need_few_tokens(sample_files: Path) -> None:
    with lzma.open(sample_files / "companies" / "cn_companies_shared.csv.xz", "rt", encoding="utf-8-sig") as file:
        firms = [row["企业名称"] for row in csv.DictReader(file)][:2000]
    persons = [firm[2:5] for firm in firms[:1300]]
    counts = [
        len(search_tokens([("n", name), ("p", "13812345678"), ("c", "2023-TEC-001")])) for name in (*firms, *persons)
    ]
    assert sum(counts) / len(counts) <= 46


def test_the_first_three_digits_of_a_phone_are_one_token_and_not_a_beginning_of_many() -> None:
    match = search_query("138", ["p"]).match
    assert match == Any((Lookup("ps138"), Lookup("pr831", prefix=True)))
    assert {"ps138", "ps021"} <= search_tokens([("p", "13812345678"), ("p", "021-62881234-801")])
    assert search_query("1381", ["p"]).match == Any((Lookup("pz1381", prefix=True), Lookup("pr1831", prefix=True)))


@given(
    st.sampled_from([text for _, text in HONGYUAN] + ["上海源宏贸易", "重庆长安", "李西安", "单雨桐", "Thinkpad 专卖"]),
    st.data(),
)
def test_loosened_lookups_find_the_same_and_more(name: str, data: st.DataObject) -> None:
    spelled = "".join(readings[0] for readings in syllables(name) if readings)
    begin = data.draw(st.integers(0, max(0, len(spelled) - 1)))
    typed = data.draw(st.sampled_from([spelled[begin : begin + n] for n in (1, 2, 3, 5, 8, 12)]))
    tokens = search_tokens([("n", name)])
    match = search_query(typed, ["n"]).match
    if match is not None:
        assert found(loosened(match), tokens) or not found(match, tokens), typed


def test_loosened_lookups_hold_no_beginnings_of_syllables_and_no_needless_initials() -> None:
    match = search_query("hongyu", ["n"]).match
    assert match is not None
    assert {token for token, prefix in lookups(loosened(match)) if prefix} == {"nwhongyu"}
    alone = search_query("hy", ["n"]).match
    assert alone is not None
    assert ("nihy", True) in lookups(loosened(alone)), "nothing else finds these"


def lookups(node: Node | None) -> set[tuple[str, bool]]:
    """All that is looked up."""
    if node is None:
        return set()
    if isinstance(node, Lookup):
        return {(node.token, node.prefix)}
    return {one for part in node.parts for one in lookups(part)}
