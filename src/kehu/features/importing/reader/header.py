"""Tells rows of column titles from rows of data by kinds, texts and the words that offices use as headings.

It looks at one row, or the first rows of a sheet; where tables begin and end is `layout`'s matter, what a column means
the mapping's.
"""

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from kehu.features.importing.synonyms import all_words, normal_title

REASON_TITLE, ID_TITLE = "原因", "记录编号"
"""The headings of the two columns that a workbook of rows to correct has beside those of its own."""
SEARCHED_ROWS = 30
_LONGEST_TITLE = 80
_LONGEST_WORD = 14
_VALUE_LIKE = re.compile(r"[\d\s.,:;/+\-%￥¥$年月日()（）]+")
# Endings of headings that no list can hold in full: 送货联系电话, 发票抬头名称.
_ENDING = re.compile(
    r"(名称|姓名|编号|编码|代码|号码?|电话|手机|传真|邮箱|邮编|微信|地址|日期|时间|金额|数量|单价|总价|价格?|费用?|款|类型|类别|"
    r"分类|等级|级别|状态|备注|人员?|额|率|数|部门|职[位务]|规格|型号|品牌|单位|说明|描述|内容|来源|渠道|城市|省份|地区|区域|行业|方式|"
    r"标签|性别|年龄|生日|意见|反馈|原因|结果|偏好|需求|项目|产品|商品|积分|余额|折扣|利润|摘要|服务|事项|重点|记录|情况|要求|标识|id|name|date|time|phone|mobile|"
    r"address|amount|price|number|code|type|status|no|qty|quantity|e-?mail|city|country|region|notes?)$",
    re.IGNORECASE,
)
_PERIOD = re.compile(
    r"(?:20\d\d)?[年./-]?(?:[1-9]|1[0-2]|0[1-9]|[一二三四五六七八九十]|十[一二])月份?|(?:(?:20)?\d\d年?)?第?[一二三四1-4]季度|20\d\d年?(?:上|下)半年"
    r"|(?:20)?\d\d年(?:度)?|20\d\d[./-]?(?:0[1-9]|1[0-2]|[1-9])(?:[./-]01)?|(?:20\d\d)?Q[1-4]",
    re.IGNORECASE,
)
_COLON = re.compile(r"[:：]")
_NO_WORD = re.compile(r"[0-9□☐☑☒■√✓✔,，。；;!！?？]")

Row = Sequence[tuple[str | None, str]]


def find_header(rows: Sequence[Row]) -> int | None:
    """Return the position of the header among `rows` (first rows of a sheet, cells as (text, kind)), or None."""
    widths = [sum(kind != "0" for _, kind in row) for row in rows[:SEARCHED_ROWS]]
    widest = max(widths, default=0)
    for position, row in enumerate(rows[:SEARCHED_ROWS]):
        width = widths[position]
        # Title and note lines above the table fill a few cells of many; a header names nearly all columns.
        if width * 5 < widest * 3 or width == 0:
            continue
        return position if looks_like_titles(row) else None
    return None


def title(text: str | None) -> str:
    """Return a header cell as one line."""
    return " ".join(text.split()) if text else ""


def looks_like_titles(row: Row) -> bool:
    """Tell whether nearly all cells of a row could be titles: short texts, all different but for words that name
    columns (three columns 备注), no values but periods."""
    periods = _periods(row)
    width = sum(kind != "0" for _, kind in row) - len(periods)
    titles = [title(text) for at, (text, kind) in enumerate(row) if kind == "t" and at not in periods]
    worded = [t for t in titles if len(t) <= _LONGEST_TITLE and not _VALUE_LIKE.fullmatch(t)]
    again = sum(is_title(one) for at, one in enumerate(titles) if one in titles[:at])
    different = len(set(titles))
    varied = different * 2 >= len(titles) and (different + again) * 10 >= len(titles) * 8
    return len(worded) * 10 >= width * 8 and varied


def names_columns(row: Row) -> bool:
    """Tell whether a row is surely one of titles: two or more, most of them words that name columns."""
    if not looks_like_titles(row):
        return False
    periods = _periods(row)
    filled = [at for at, (_, kind) in enumerate(row) if kind != "0"]
    return len(filled) >= 2 and sum(at in periods or is_title(row[at][0]) for at in filled) * 10 >= len(filled) * 6


def _periods(row: Row) -> frozenset[int]:
    """The places of months, quarters or years that head the columns of a wide table: three or more in a run, all
    different, right of a word that names a column."""
    filled = [at for at, (_, kind) in enumerate(row) if kind != "0"]
    if len(filled) < 4 or not is_title(row[filled[0]][0]):
        return frozenset()
    found = [at for at in filled if row[at][1] in "tnd" and _PERIOD.fullmatch("".join((row[at][0] or "").split()))]
    runs = len(found) >= 3 and all(b - a == 1 for a, b in pairwise(found))
    return frozenset(found) if runs and len({row[at][0] for at in found}) == len(found) else frozenset()


def is_title(text: str | None) -> bool:
    """Tell whether a text is a word that names a column or a blank of a form."""
    return text is not None and len(text) <= _LONGEST_TITLE and _is_title(text)


@cache
def _is_title(text: str) -> bool:
    if _COLON.search(text.strip().rstrip(":：")):
        return False
    plain = normal_title(text)
    if not plain or len(plain) > _LONGEST_WORD or _VALUE_LIKE.fullmatch(plain):
        return False
    if plain in all_words():
        return True
    word = plain.rstrip("0123456789")  # 联系人2; an address with a house number is no title
    return _ENDING.search(word) is not None and not _NO_WORD.search(word)
