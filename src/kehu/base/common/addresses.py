"""Takes a Chinese address apart: the division it lies in (province, city, county) and the rest, the street.

Reads the beginning of the text; names may be short (浙江杭州), levels may be missing (昆山市花桥镇), abolished names
count as what they became. It must not guess: where a name fits several divisions and nothing decides, there is none.
"""

import re
from dataclasses import dataclass

from kehu.base.common.regions import begins, choose, label, path, today
from kehu.base.common.text import narrow

_SPACE = re.compile(r"(?:[\s,,、;;::/\\|>·\-_?.]|null)*")
_LEAD = re.compile(
    r"(?:详细|收货|联系|通讯|注册|经营|办公|公司|家庭)?地址[::]?\s*|(?:中华人民共和国|中国)(?:\s|(?![一-鿿]*(?:路|街|大厦|银行|电信|移动)))?|\d{6}(?=\s*[一-鿿])"
)
_FILLER = re.compile("市辖区|省直辖县级行政区划|自治区直辖县级行政区划|县(?=[一-鿿]{1,6}[县区])")
# What makes a short name the name of something else: 南京路, 西湖大道, 朝阳门, 海淀桥.
_NOT_PLACE = re.compile(
    "(?:[东南西北中新老前后上下内外一二三四五六七八九十]{0,2}(?:路|街(?!道)|大道|大街)"
    "|道|巷|弄|胡同|高速|公路|国道|立交|桥|门|里|村|镇|乡|屯|社区|小区|新村|花园|家园|公馆|广场|大厦|公园|中心|商城|市场"
    "|银行|酒店|宾馆|饭店|学校|中学|小学|大学|医院)"
)
MOST_NAMES = 5
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Address:
    """The code of the smallest division that is certain (None: none is), and what stands behind its name."""

    region: str | None
    street: str

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the divisions, from the province down."""
        return tuple(label(code) for code in path(self.region or "") if code.isdigit())


@dataclass(frozen=True, slots=True)
class _Chain:
    codes: frozenset[str]
    end: int
    whole: int  # names written in full


def split_address(text: str) -> Address:
    """Return the division and the street of an address."""
    plain = narrow(text)[:LONGEST]
    start = 0
    while (lead := _LEAD.match(plain, start)) and lead.end() > start:
        start = lead.end()
    found = _chain(plain, start)
    if found is None:
        # 龙湖天街 浙江省杭州市…: only a name in full is believed in the middle of a text.
        for place in range(start + 1, min(len(plain) - 2, 40)):
            if any(whole and not _alone(code) for _, code, whole in begins(plain[place : place + 15], "", exact=True)):
                found = _chain(plain, place)
                if found is not None and (code := _chosen(found.codes)) is not None and found.whole:
                    return Address(code, plain)
        return Address(None, plain)
    code = _chosen(found.codes)
    if code is None:
        return Address(None, plain)
    return Address(code, plain[found.end :].lstrip(" ,、-"))


def _alone(code: str) -> bool:
    """Whether a division is a county, whose name alone says too little in the middle of a text."""
    return not code.endswith("00")


def _chosen(codes: frozenset[str]) -> str | None:
    return today(choose(set(codes)))


def _chain(text: str, start: int) -> _Chain | None:
    """Return the longest chain of names from `start`, each inside the one before; None when none begins there."""
    best: _Chain | None = None
    waiting: list[tuple[int, str, int, int]] = [(start, "", 0, 0)]  # place, code, names, names in full
    seen: set[tuple[int, str]] = set()
    while waiting:
        place, above, names, whole = waiting.pop()
        if (place, above) in seen:
            continue
        seen.add((place, above))
        if above:
            if best is None or (place, whole) > (best.end, best.whole):
                best = _Chain(frozenset((above,)), place, whole)
            elif (place, whole) == (best.end, best.whole):
                best = _Chain(best.codes | {above}, place, whole)
        if names == MOST_NAMES:
            continue
        at = _skip(text, place, above)
        for size, code, full in begins(text[at : at + 15], above):
            if full or _short_fits(text, at, size, code, above):
                waiting.append((at + size, code, names + 1, whole + full))
        if above:  # 上海上海市, 江苏省南京市江苏南京…: a name may come twice
            size = _again(text, at, above)
            if size:
                waiting.append((at + size, above, names + 1, whole))
    return best


def _again(text: str, at: int, above: str) -> int:
    """Length of a name at this place that the chain holds already."""
    for size, code, whole in begins(text[at : at + 15], ""):
        if code in path(above) and (whole or _short_fits(text, at, size, code, above)):
            return size
    return 0


def _skip(text: str, place: int, above: str) -> int:
    while True:
        space = _SPACE.match(text, place)
        at = space.end() if space is not None else place
        filler = _FILLER.match(text, at) if above else None
        if filler is None:
            return at
        place = filler.end()


def _short_fits(text: str, at: int, size: int, code: str, above: str) -> bool:
    """Whether a name without its ending means the division: not in 南京路 or 西湖大道, but in 宁波镇海区."""
    rest = text[at + size : at + size + 15]
    other = _NOT_PLACE.match(rest)
    if other is None or next(begins(rest, code, exact=True), None) is not None:
        return True
    return any(longer > other.end() for longer, _, _ in begins(rest, code))  # 邢台桥东: no bridge of 邢台
