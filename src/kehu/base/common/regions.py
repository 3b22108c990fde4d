"""The tree of administrative divisions by GB/T 2260: large region → province → city → county.

A region is stored as its six-digit code (a large region as its word), so that "under" becomes one range of text.
It must not parse whole addresses (`addresses` does): `resolve` reads the name of a division and nothing else.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from kehu.base.common.text import narrow

# Option key of the catalog → (label, English label, first two digits of its provinces, without gaps inside GB/T 2260).
LARGE: dict[str, tuple[str, str, int, int]] = {
    "north_china": ("华北", "North China", 11, 15),
    "northeast_china": ("东北", "Northeast China", 21, 23),
    "east_china": ("华东", "East China", 31, 37),
    "central_china": ("华中", "Central China", 41, 43),
    "south_china": ("华南", "South China", 44, 46),
    "southwest_china": ("西南", "Southwest China", 50, 54),
    "northwest_china": ("西北", "Northwest China", 61, 65),
    "hk_macao_taiwan": ("港澳台", "Hong Kong, Macao, Taiwan", 71, 82),
}
_AUTONOMOUS = {"150000": "内蒙古", "450000": "广西", "540000": "西藏", "640000": "宁夏", "650000": "新疆"}
_PEOPLES = re.compile(
    "(?:(?:朝鲜|土家|苗|藏|羌|彝|布依|侗|哈尼|壮|傣|白|景颇|傈僳|回|蒙古|柯尔克孜|哈萨克|满|瑶|畲|黎|各|水|仡佬|毛南|"
    "仫佬|独龙|怒|普米|拉祜|佤|纳西|布朗|东乡|保安|撒拉|土|塔吉克|锡伯|裕固|达斡尔|鄂温克|鄂伦春|维吾尔|俄罗斯)族?)+$"
)
_ENDINGS = ("特别行政区", "自治州", "自治县", "自治旗", "地区", "林区", "新区", "省", "市", "区", "县", "盟", "旗")
_SEPARATORS = re.compile(r"[\s,，、/\\|>·\-_]+")
_FILLER = re.compile("市辖区|省直辖县级行政区划|自治区直辖县级行政区划")
_LARGE_TAIL = re.compile("(?:地区|大区|区域|区)")


@dataclass(frozen=True, slots=True)
class _Tree:
    names: dict[str, str]  # code → name, dissolved divisions too
    former: frozenset[str]
    parts: dict[str, tuple[str, ...]]  # code (or "" for the root) → codes of its direct parts, without dissolved ones
    exact: dict[str, tuple[str, ...]]  # full name → codes
    short: dict[str, tuple[str, ...]]  # name without its ending → codes
    inner: dict[str, tuple[str, ...]]  # the same of abolished counties: believed only behind the name of their city
    successors: dict[str, str]  # dissolved division → what it belongs to today
    sizes: dict[str, tuple[int, ...]]  # first two characters → lengths of the names that begin so, longest first


def label(code: str) -> str:
    """Return the name of a division; "" for a code that does not exist."""
    return LARGE[code][0] if code in LARGE else _tree().names.get(code, "")


def full_label(code: str) -> str:
    """Return the name with those above it, without the large region: 浙江省杭州市西湖区."""
    return "".join(label(each) for each in path(code) if each not in LARGE) or label(code)


def path(code: str) -> tuple[str, ...]:
    """Return the codes from the large region down to `code` itself; nothing for a code that does not exist."""
    if code in LARGE:
        return (code,)
    names = _tree().names
    if code not in names:
        return ()
    province, city = code[:2] + "0000", code[:4] + "00"
    above = [word for word, (_, _, first, last) in LARGE.items() if first <= int(code[:2]) <= last]
    return (*above, *dict.fromkeys(each for each in (province, city, code) if each in names))


def parts(code: str = "") -> tuple[str, ...]:
    """Return the direct parts of a division in order of their codes; without a code the large regions."""
    return _tree().parts.get(code, ())


def exists(code: str) -> bool:
    """Tell whether `code` may be stored: a division (also a dissolved one) or a large region."""
    return code in LARGE or code in _tree().names


def is_former(code: str) -> bool:
    """Tell whether the division was dissolved since 2019: kept where stored, no longer offered."""
    return code in _tree().former


def under(code: str) -> tuple[tuple[str, str], ...]:
    """Return the half-open text ranges (first, end) that hold `code` and everything below it.

    Compare as text under COLLATE C: `f >= first and f < end`. One range, for a large region a second one with its own
    word; nothing for a code that does not exist.
    """
    if code in LARGE:
        _, _, first, last = LARGE[code]
        return (f"{first}0000", f"{last + 1}0000"), (code, f"{code} ")
    if code not in _tree().names:
        return ()
    step = 10_000 if code.endswith("0000") else 100 if code.endswith("00") else 1
    return ((code, f"{int(code) + step:06d}"),)


def resolve(text: str) -> str | None:
    """Return the code that a code or name means: "330106", "浙江省杭州市西湖区", "杭州西湖区", "浙江", "华东".

    None where nothing or more than one division fits: 西湖区 alone is in several cities. A province wins over a city or
    county of the same short name (吉林, 海南), a division over a part of its own with the same name (大理). The name
    of an abolished division gives the one it belongs to today (襄樊市 → 襄阳市), where known.
    """
    plain = narrow(text)
    if plain.isascii() and plain.replace("_", "").isalnum():
        return _by_code(plain.lower())
    joined = _SEPARATORS.sub("", plain).removeprefix("中国")
    found = set(_read(_tree(), joined, "")) if len(joined) <= 60 else set()
    return today(choose(found))


def today(code: str | None) -> str | None:
    """Return the division that a dissolved one belongs to now; any other code as it is."""
    return None if code is None else _tree().successors.get(code, code)


def begins(text: str, above: str, *, exact: bool = False) -> Iterator[tuple[int, str, bool]]:
    """Yield (length of the name, code, whether the name is whole) of divisions inside `above` that `text` begins with.

    exact: whole names only. Longer names come first.
    """
    tree = _tree()
    ranges = under(above)
    for size in range(min(len(text), 15), 1, -1):
        for whole, names in ((True, tree.exact), (False, tree.short), (False, tree.inner if above else {})):
            if exact and not whole:
                continue
            for code in names.get(text[:size], ()):
                if not above or (code != above and any(low <= code < end for low, end in ranges)):
                    yield size, code, whole


def without_place(name: str) -> str:
    """Return a firm's name without the divisions it begins with: 上海市宏远贸易 → 宏远贸易."""
    tree = _tree()
    for _ in range(3):
        for size in tree.sizes.get(name[:2], ()):
            if size <= len(name) - 2 and (name[:size] in tree.exact or name[:size] in tree.short):
                name = name[size:]
                break
        else:
            break
    return name


def _by_code(code: str) -> str | None:
    if code in LARGE:
        return code
    if not code.isdigit() or len(code) not in (2, 4, 6, 9, 12):
        return None
    six = code[:6].ljust(6, "0")
    if six in _tree().names:
        return six
    # 110100 is 市辖区: a level that exists only for the numbering.
    province = six[:2] + "0000"
    return province if six.endswith("00") and six[2:4] in ("01", "02", "90") and province in _tree().names else None


def _read(tree: _Tree, text: str, above: str) -> Iterator[str]:
    """Yield every division inside `above` whose chain of names is exactly `text`."""
    if not text:
        if above:
            yield above
        return
    if (filler := _FILLER.match(text)) is not None and above:
        yield from _read(tree, text[filler.end() :], above)
    if not above:
        for word, (name, _, _, _) in LARGE.items():
            if text.startswith(name):
                rest = text[len(name) :]
                tail = _LARGE_TAIL.match(rest)
                yield from _read(tree, rest[tail.end() :] if tail else rest, word)
    ranges = under(above)
    for names in (tree.exact, tree.short, tree.inner if above else {}):
        for size in range(min(len(text), 15), 1, -1):
            inside = [
                code
                for code in names.get(text[:size], ())
                if not above or (code != above and any(low <= code < end for low, end in ranges))
            ]
            for code in inside:
                yield from _read(tree, text[size:], code)


def choose(found: set[str]) -> str | None:
    """Return the only one meant, or None."""
    current = {code for code in found if not is_former(code)} or found
    provinces = {code for code in current if code.endswith("0000") or code in LARGE}
    if len(provinces) == 1:
        return provinces.pop()
    tops = {code for code in current if not any(other != code and other in path(code) for other in current)}
    return tops.pop() if len(tops) == 1 else None


def _short(code: str, name: str) -> str:
    """Return the name as people say it: 内蒙古, 延边, 西湖; "" where nothing sensible remains."""
    if code in _AUTONOMOUS:
        return _AUTONOMOUS[code]
    for ending in _ENDINGS:
        if name.endswith(ending):
            stem = name.removesuffix(ending)
            bare = _PEOPLES.sub("", stem) if ending.startswith("自治") else stem
            return bare if len(bare) >= 2 else ""
    return ""


def load() -> None:
    """Read the divisions now: else whoever needs them first waits for it."""
    _tree()


@cache
def _tree() -> _Tree:
    """Read the packaged file, once and only when asked for."""
    names: dict[str, str] = {}
    former: set[str] = set()
    successors: dict[str, str] = {}
    renamed: list[tuple[str, str]] = []
    section = ""
    source = files("kehu.base.common").joinpath("data/regions.txt")
    for line in source.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line
        elif not line.startswith("#"):
            code, name, *successor = line.split(" ")
            if section == "[renamed]":
                renamed.append((code, name))
                continue
            names[code] = name
            if section == "[former]":
                former.add(code)
                if successor:
                    successors[code] = successor[0]
    inside: dict[str, list[str]] = {"": list(LARGE)}
    exact: dict[str, list[str]] = {}
    short: dict[str, list[str]] = {}
    inner: dict[str, list[str]] = {}
    for code, name in renamed:
        if names[code] != name and not any(names[each] == name for each in successors if successors[each] == code):
            exact.setdefault(name, []).append(code)
            if said := _short(code, name):
                (short if code.endswith("00") else inner).setdefault(said, []).append(code)
    for code, name in sorted(names.items()):
        exact.setdefault(name, []).append(code)
        said = _short(code, name)
        if said and said != name:
            short.setdefault(said, []).append(code)
        if code not in former:
            city, province = code[:4] + "00", code[:2] + "0000"
            if code == province:
                above = next(word for word, (_, _, low, high) in LARGE.items() if low <= int(code[:2]) <= high)
            else:
                above = city if city in names and city != code else province
            inside.setdefault(above, []).append(code)
    sizes: dict[str, set[int]] = {}
    for name in (*exact, *short):
        sizes.setdefault(name[:2], set()).add(len(name))
    return _Tree(
        names,
        frozenset(former),
        {code: tuple(codes) for code, codes in inside.items()},
        {name: tuple(codes) for name, codes in exact.items()},
        {name: tuple(codes) for name, codes in short.items()},
        {name: tuple(codes) for name, codes in inner.items()},
        successors,
        {begin: tuple(sorted(found, reverse=True)) for begin, found in sizes.items()},
    )
