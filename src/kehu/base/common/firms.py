"""Takes the names of firms apart and says how alike two names are: 杭州宏远科技有限公司, 宏远科技（杭州）有限公司,
鸿远科技 and 宏远 may be one firm, 宏远科技 and 宏远贸易 are two.

A pure function of texts, used for names of people too; it must not look anything up in a ledger.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from kehu.base.common.pinyin import syllables
from kehu.base.common.regions import without_place
from kehu.base.common.text import narrow, normalize_name

_FORM = re.compile(
    "(?:(?:集团|控股)?(?:股份)?(?:有限)?(?:责任)?(?:总|分|子)?公司|集团|(?:有限|特殊普通|普通)?合伙(?:企业)?|个人独资企业"
    "|(?:农民)?(?:专业)?合作社|股份|有限|工作室|经营部|营业部|门市部|商行|厂|店)$"
)
_FORM_ENDS = frozenset("司团伙业社份限室部行厂店")  # with what a form may end: most names end the search here
_TRADES = (
    "信息技术 网络技术 网络科技 信息科技 电子科技 生物科技 智能科技 电子商务 人力资源 文化传媒 "
    "文化传播 企业管理 投资管理 物业管理 供应链管理 建筑工程 装饰工程 建设工程 机电设备 国际贸易 "
    "进出口 精密机械 科技 技术 网络 信息 软件 数码 电子 电器 电气 贸易 商贸 实业 工贸 投资 "
    "管理 咨询 顾问 服务 工程 建设 建筑 建材 装饰 装修 设计 制造 机械 设备 机电 仪器 仪表 "
    "五金 材料 新材料 化工 塑料 橡胶 纺织 服装 服饰 鞋业 家具 家居 食品 饮料 餐饮 酒店 宾馆 "
    "农业 医药 医疗 药业 生物 物流 运输 货运 快递 供应链 汽车 汽配 传媒 广告 文化 教育 培训 "
    "旅游 体育 置业 地产 房地产 物业 国际 发展 开发 能源 环保 电力 金融 保险 银行 证券 担保 "
    "租赁 劳务 保洁 安防 印刷 包装 珠宝 美容 健康 百货 超市 矿业 商务 销售 经销 批发 零售 "
    "农机 林业 渔业 畜牧 养殖 种植 金属 回收 废旧金属 再生资源 粮油 茶叶 酒业 乳业 水产 果蔬 "
    "花卉 咖啡 二手车 农村商业银行 村镇银行 商业银行 钢铁 石油 石化 燃气 水务 水泥 电梯 消防 "
    "门窗 灯具 照明 玩具 玻璃 陶瓷 纸业 工艺品 影视 演艺 网吧 眼镜 口腔 大药房 药房 烟酒 "
    "便利店"
).split()
_TRADE_SET, _TRADE_SIZES = frozenset(_TRADES), sorted({len(trade) for trade in _TRADES}, reverse=True)
_ONLY_TRADES = re.compile(f"(?:{'|'.join(sorted(_TRADES, key=len, reverse=True))})+")
_BRACKETS = re.compile(r"\(([^()]{1,12})\)")
_SHORTEST = 2  # of a brand: what is left must still name somebody
_LONG_BRAND = 4  # from here a single wrong character is a slip and not another firm


@dataclass(frozen=True, slots=True)
class Name:
    """A name in its parts: 杭州|宏远|科技|有限公司. `core` is brand and trade; a person's name is all brand."""

    whole: str
    place: str
    core: str
    brand: str
    form: str

    @property
    def is_firm(self) -> bool:
        """Whether the name looks like that of a firm: with a legal form, a trade or more than a person's name."""
        return bool(self.form) or self.core != self.brand or len(self.whole) > 4

    @property
    def sound(self) -> str:
        """The core as it is read."""
        return _sound(self.core)


@lru_cache(10_000)
def _sound(core: str) -> str:
    return " ".join(each[0] if each else char for char, each in zip(core, syllables(core), strict=True))


@lru_cache(10_000)
def take_apart(text: str) -> Name:
    """Take a name apart; what cannot be told apart stays in `brand`."""
    places: list[str] = []

    def bracketed(found: re.Match[str]) -> str:
        inside = found[1]
        if not _FORM.sub("", inside):
            return ""  # (集团), (有限合伙)
        if _is_place(inside):
            places.append(inside)
            return ""
        return inside

    whole = normalize_name(text)
    plain = narrow(text)
    rest = (normalize_name(_BRACKETS.sub(bracketed, plain)) if "(" in plain else whole) or whole
    form = ""
    while rest[-1:] in _FORM_ENDS and (found := _FORM.search(rest)) is not None and found.start() >= _SHORTEST:
        form = found[0] + form
        rest = rest[: found.start()]
    core = _without_place(rest)
    place = rest[: len(rest) - len(core)] or "".join(places)
    brand = core = core.replace("有限责任公司", "有限公司")  # inside the name of a branch
    while (left := len(brand) - _trade_at_end(brand)) < len(brand) and left >= _SHORTEST:
        brand = brand[:left]
    return Name(whole, place[:2], core, brand, form)


def _without_place(name: str) -> str:
    """A name without the divisions it begins with, but with one that is its brand: 大同市金牛房地产 → 金牛房地产."""
    core = without_place(name) or name
    if _ONLY_TRADES.fullmatch(core) is None:
        return core
    places = name[: len(name) - len(core)]
    cuts = (cut for cut in range(len(places) - _SHORTEST, 1, -1) if _is_place(places[:cut]) and _is_place(places[cut:]))
    return name[next(cuts, 0) :]


def _trade_at_end(name: str) -> int:
    """How long the longest trade is that a name ends with; 0 when it ends with none."""
    return next((size for size in _TRADE_SIZES if name[-size:] in _TRADE_SET), 0)


def _is_place(text: str) -> bool:
    return without_place(f"{text}##") == "##"


def likeness(one: Name, other: Name) -> tuple[float, str] | None:
    """How alike two names are, 0 to 1, and why: `name` (the same letters), `name_alike` (the same but for place and
    legal form), `short_name`, `homophone`, `slip` (one character). None when they are not."""
    if not one.whole or not other.whole:
        return None
    firms = one.is_firm or other.is_firm
    if one.whole == other.whole:
        return (0.95 if firms else 0.6), "name"
    elsewhere = bool(one.place and other.place) and one.place != other.place
    if one.core == other.core:
        return (0.55 if elsewhere else 0.9), "name_alike"
    short, long = (other, one) if len(other.core) < len(one.core) else (one, other)
    if not short.form and short.core == short.brand == long.brand and long.core != long.brand:
        return (0.5 if elsewhere or len(short.core) <= _SHORTEST else 0.7), "short_name"
    if len(one.core) == len(other.core) and one.sound == other.sound:
        return ((0.45 if elsewhere else 0.8) if firms else 0.35), "homophone"
    if firms and not elsewhere and _one_slip(one, other):
        return 0.65, "slip"
    return None


def _one_slip(one: Name, other: Name) -> bool:
    """Whether a character was left out, put in, swapped with its neighbour or, in a long brand, mistaken."""
    a, b = sorted((one.core, other.core), key=len)
    brand = min(len(one.brand), len(other.brand))
    if len(b) - len(a) > 1:
        return False
    start = next((n for n in range(len(a)) if a[n] != b[n]), len(a))
    if len(a) < len(b):
        return brand >= _LONG_BRAND - 1 and a[start:] == b[start + 1 :]
    swapped = a[start : start + 2] == b[start : start + 2][::-1] and a[start + 2 :] == b[start + 2 :]
    return (swapped and len(a) > _LONG_BRAND) or (brand >= _LONG_BRAND and a[start + 1 :] == b[start + 1 :])
