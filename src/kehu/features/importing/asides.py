"""Who stands in brackets behind a name: 宏远物流有限公司（张师傅）, 周伟（爸爸）. A pure function of texts.

It says so only where nothing else can be meant. 宏远（北京）贸易有限公司,
老周五金（个体） and 杭州微明花店（城西店） are names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from kehu.base.common.regions import without_place
from kehu.base.common.text import narrow
from kehu.features.importing.kinds import FIRM, KIN, PERSON

BEHIND = r"^(.+?)\s*[(（]\s*([^()（）]{1,12}?)\s*[)）]\s*$"
"""A name with something in brackets at its end."""
_BEHIND = re.compile(BEHIND)
# Surnames that nearly everybody has; of those that are also words (施工, 车间, 小区) none.
_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕张孔曹严魏陶姜戚谢邹喻章苏潘葛范彭郎鲁韦马苗凤方任袁柳鲍史唐费廉岑薛贺倪"
    "汤滕殷罗毕郝邬康伍余顾孟黄穆萧肖尹姚邵汪祁毛戴宋庞熊纪舒项祝董梁杜阮蓝席季贾娄江童颜郭梅林刁钟徐邱骆高夏蔡田樊胡凌霍"
    "虞柯卢莫房裘缪丁邓郁洪龚程邢裴陆翁储段侯叶龙黎薄赖卓池乔谭姬申桂牛翟阎艾廖聂曾关崔万石闫付覃辛邸丛"
)
_COMPOUND = "欧阳|司马|上官|诸葛|皇甫|尉迟|慕容|司徒|令狐|夏侯"
_CALLED = (
    "师傅|会计|出纳|经理|总经理|主任|老板|老板娘|厂长|店长|院长|校长|园长|所长|站长|社长|部长|科长|处长|局长|主管|总监|总|董|董事长|工|姐|哥|"
    "叔|阿姨|老师|先生|女士|小姐|太太|医生|大夫|律师|书记|队长|采购|助理|秘书|班长|工程师"
)
_TITLED = re.compile(
    rf"(?!石工|童工|高工|老赖|小康|小池|小龙|小石)(?:(?:[{_SURNAMES}]|{_COMPOUND})(?:{_CALLED})|[小老阿][{_SURNAMES}])"
)
_PLAIN = re.compile(rf"(?:[{_SURNAMES}][一-鿿]{{1,2}}|(?:{_COMPOUND})[一-鿿]{{1,2}})")
_NO_NAME = re.compile(
    r".*[区县市省镇乡村路街店铺部厂库仓组队线号版款卡站港庄山界桥城园湾岛场楼期户类型级年月日性质费价货品料材]|"
    r"(?:马桶|高端|高新|高中|高级|方案|方便|方管|方形|万达|万科|钱包|孙公司|关店|关闭|江南|江北|江东|黄金|黄牛|田园|石化|石油|康复|任务|"
    r"马上|林业|林木|叶子|龙头|洪水|常规|项目|许可|何时|严格|严重|纪念|席位|章程|程序|段落|季度|单位|毛坯|毛料|高价|高铁|[牛马]肉|牛奶)"
)
"""What begins with a surname and is nobody's name."""
_OF_KIN = re.compile(rf"(?:的)?({KIN.pattern})")
_WITH_KIN = re.compile(rf"({KIN.pattern})[:：\s]*({_PLAIN.pattern})")  # 李娜妈妈 may be the mother of 李娜
_POSTS = re.compile(
    "老板|老板娘|法人|股东|合伙人|会计|财务|财务总监|出纳|采购|采购员|采购经理|仓管|仓库|库管|司机|店长|店员|经理|总经理|副总|总监|厂长|主任|主管|"
    "行政|人事|前台|业务|业务员|业务经理|销售|销售经理|技术|技术员|工程师|项目经理|负责人|助理|秘书|文员|院长|校长|老师|医生|护士|律师"
)


@dataclass(frozen=True, slots=True)
class Aside:
    """A name without what stands behind it in brackets, and the person or position that this is; `sure` is False when
    it may as well be a part of the name."""

    name: str
    person: str = ""
    position: str = ""
    sure: bool = True


@lru_cache(20_000)
def of_customer(text: str) -> Aside | None:
    """Who stands behind the name of a customer: of a firm somebody who works there, of a person the kin."""
    found = _BEHIND.match(text)
    if found is None:
        return None
    name, inside = found[1].strip(), narrow(found[2]).replace(" ", "")
    if FIRM.search(name):
        if _TITLED.fullmatch(inside):
            return Aside(name, inside)
        return Aside(name, inside, sure=False) if _is_name(inside) else None
    if not PERSON.fullmatch(name):
        return None
    if kin := _WITH_KIN.fullmatch(inside):
        return Aside(name, kin[2], kin[1])
    return Aside(name, position=inside, sure=False) if _OF_KIN.fullmatch(inside) else None


@lru_cache(20_000)
def of_contact(text: str) -> Aside | None:
    """What somebody is whose name stands with it in brackets: 李娜（妈妈）, 王芳(老板娘)."""
    found = _BEHIND.match(text)
    if found is None or not PERSON.fullmatch(found[1].strip()) or FIRM.search(found[1]):
        return None
    inside = narrow(found[2]).replace(" ", "")
    kin = _OF_KIN.fullmatch(inside)
    if kin is None and _POSTS.fullmatch(inside) is None:
        return None
    return Aside(found[1].strip(), position=kin[1] if kin else inside)


def is_somebody(text: str) -> bool:
    """Whether a text is the name of a person, or a way of calling one (周先生)."""
    name = _BEHIND.sub(r"\1", text)
    return _TITLED.fullmatch(name) is not None or (
        _PLAIN.fullmatch(name) is not None and _NO_NAME.fullmatch(name) is None
    )


def _is_name(text: str) -> bool:
    """Whether a text may be the name of somebody: as well it may be a place or a word."""
    return (
        _PLAIN.fullmatch(text) is not None
        and _NO_NAME.fullmatch(text) is None
        and without_place(f"{text}##") != "##"
        and not FIRM.search(text)
    )
