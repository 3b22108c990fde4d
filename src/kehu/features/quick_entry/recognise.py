"""Finds names, numbers, addresses and dates in a chat message, a signature or a card. Pure functions of the text.

Every find says where it stands, so that the page can mark it, and whether it is sure. It must not guess silently: what
is likely and no more is marked as not sure, and what fits nothing is left over for the person to place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from kehu.base.common import identity, phones, regions
from kehu.base.common.workdays import is_workday

LONGEST = 4000

_LABEL = r"[ \t]*[:：是为][ \t]*"
_MOBILE = re.compile(r"(?<![\d+])(?:\+?86[ -]?)?1[3-9]\d(?:[ \-]?\d{4}){2}(?!\d)")
_PHONE = re.compile(r"(?<!\d)(?:\(?0\d{2,3}\)?[- ]?[2-9]\d{6,7}(?:[-转]\d{1,5})?|[48]00[- ]?\d{3}[- ]?\d{4})(?!\d)")
_MAIL = re.compile(r"[A-Za-z0-9][\w.+-]*@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_SITE = re.compile(r"(?:https?://|www\.)[\w./?=&%#-]+", re.ASCII | re.IGNORECASE)
_CODE = re.compile(r"(?<![0-9A-Za-z])[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Za-z])")
_WECHAT = re.compile(rf"(?:微信号?|WeChat|wx|VX|v信)(?:{_LABEL}|[ \t]+)([A-Za-z][\w-]{{5,19}})", re.IGNORECASE)
_ENDINGS = (
    "有限责任公司|股份有限公司|有限公司|分公司|公司|集团|工厂|商行|商贸|贸易行|经营部|门市部|事务所|合作社|研究院|研究所|"
    "俱乐部|工作室|美容院|健身房|幼儿园|咖啡馆|咖啡厅|茶馆|餐厅|饭店|酒店|宾馆|民宿|酒楼|会所|医院|诊所|药房|超市|便利店|"
    "旗舰店|专卖店|花店|书店|门店|学校|学院|银行|中心|咖啡|影楼|画室|琴行"
)
_FIRM = re.compile(rf"[\w（）()·&\-]{{2,40}}?(?:{_ENDINGS})(?![\u4e00-\u9fff]?公司)(?:[（(][^（）()\n]{{1,12}}[)）])?")
_FIRM_LABEL = re.compile(rf"(?:公司名称|单位名称|客户名称|公司|单位|店名|抬头|名称){_LABEL}([^\s,，;；。|]{{2,50}})")
_PERSON_LABEL = re.compile(
    rf"(?:联系人|收件人|收货人|负责人|姓名|名字|我叫|我是)(?:{_LABEL}|[ \t]*)([\u4e00-\u9fff]{{2,4}})"
)
_POSITIONS = (
    "董事长|总经理|副总经理|总裁|副总裁|总监|经理|副经理|店长|老板娘|老板|主管|主任|厂长|院长|校长|会计|出纳|采购|助理|"
    "工程师|设计师|律师|医生|老师|销售|客服|秘书|财务|合伙人|创始人"
)
_TITLE = rf"[\u4e00-\u9fff]{{0,6}}?(?:{_POSITIONS})"
_ADDRESS_LABEL = re.compile(
    rf"(?:收货地址|详细地址|公司地址|联系地址|注册地址|地址|住址|位于){_LABEL}([^\n;；。]{{4,80}})"
)
_ADDRESS = re.compile(
    r"[\u4e00-\u9fff]{2,12}(?:省|市|区|县|镇|街道|新区|园区|路|街|大道|巷|村)[\u4e00-\u9fff\w\-—（）() 　#]{0,40}?"
    r"(?:\d+ ?[号弄幢栋楼层室座]|[号弄幢栋室座])(?: ?[\w\-—#（）()]{0,12}? ?[号弄幢栋楼层室座])*"
    r"(?:[A-Za-z]?\d{1,5}(?!\d))?"
)
_WEEK = re.compile(r"(下下|下|这|本)?(?:周|星期|礼拜)([一二三四五六日天])")
_NEAR = re.compile(r"大后天|后天|明天|今天")
_DATE = re.compile(r"(?:(\d{4})[年./-])?(\d{1,2})[月./-](\d{1,2})[日号]?(?![\d./-])")
_SAFETY = re.compile(
    r"对[ \t]*([\u4e00-\u9fff、]{1,12}?)(?:严重|重度|轻微)?过敏|"
    r"(?:不能吃|不能用|不能碰|忌口|忌|不吃|禁用)[ \t]*([\u4e00-\u9fff、]{1,8})(?![\u4e00-\u9fff])"
)
_SOURCE = re.compile(r"(?:[\u4e00-\u9fff]{2,4}?)介绍(?:来)?的?|转介绍|朋友推荐")
_SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任"
    "袁柳鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋"
    "庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫经房裘缪干解应宗丁宣邓"
    "郁单杭洪包诸左石崔吉钮龚程邢裴陆荣翁荀羊惠甄曲家封芮储靳糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全班仰秋仲伊宫宁仇栾暴甘"
    "祖武符刘景詹束龙叶幸司韶郜黎薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍桑桂牛寿通边扈"
    "燕冀浦尚农温别庄晏柴瞿阎慕连习艾容向古易廖居衡步耿满匡国文寇广阙东欧沃利越隆师巩聂晁敖融冷訾辛阚那简饶曾沙丰关查游竺权"
)
_COMPOUND = ("欧阳", "司马", "上官", "诸葛", "皇甫", "尉迟", "公孙", "慕容", "司徒", "令狐", "东方", "南宫", "夏侯")
_WORDS = frozenset(
    "您好 你好 谢谢 收到 好的 地址 手机 电话 微信 邮箱 公司 联系 姓名 备注 周一 周二 周三 周四 周五 周六 周日".split()
)
_GAP = re.compile(r"[\s,，。;；、|/:：!！?？~～【】\[\]]+")
_EMPTY_LABEL = re.compile(
    r"^(?:手机号?码?|电话|座机|微信号?|邮箱|邮件|网址|地址|公司|单位|店名|名称|姓名|联系人|税号|统一社会信用代码|信用代码|"
    r"收件人|收货人|收货地址|的|是|我是|你好|您好|tel|mobile|phone|email|e-mail|mail|fax|add|address|web|wechat)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Find:
    """A piece of the text and the field it belongs to."""

    entity: str
    field: str
    value: str
    start: int
    end: int
    sure: bool = True


def recognise(text: str, today: date) -> tuple[list[Find], list[str]]:
    """Return what was found, in the order of the text and without overlaps, and the pieces that are left over."""
    taken: list[Find] = []
    for reader in _READERS:
        for find in reader(text, today):
            if all(find.end <= other.start or find.start >= other.end for other in taken):
                taken.append(find)
    taken = _single(taken)
    taken.sort(key=lambda find: find.start)
    return taken, _left(text, taken)


def _codes(text: str, _today: date) -> Iterator[Find]:
    for found in _CODE.finditer(text):
        checked = identity.credit_code(found[0])
        yield Find("customer", "credit_code", checked.value, *found.span(), sure=not checked.problems)


def _numbers(text: str, _today: date) -> Iterator[Find]:
    for found in _MAIL.finditer(text):
        if (mail := phones.email(found[0])).ok:
            yield Find("customer", "email", mail.value, *found.span())
    for found in _SITE.finditer(text):
        yield Find("customer", "website", found[0], *found.span())
    for found in _MOBILE.finditer(text):
        if (mobile := phones.mobile(found[0])).ok:
            yield Find("customer", "mobile", mobile.value, *found.span())
    for found in _PHONE.finditer(text):
        if (phone := phones.phone(found[0])).ok:
            yield Find("customer", "office_phone", phone.value, *found.span())
    for found in _WECHAT.finditer(text):
        yield Find("customer", "wechat", found[1], *found.span(1))
    told, number = re.search(r"微信(?:同号|同手机)", text), _MOBILE.search(text)
    if told is not None and number is not None:
        yield Find("customer", "wechat", phones.mobile(number[0]).value, *told.span())


def _addresses(text: str, _today: date) -> Iterator[Find]:
    spans = [(found.start(1), found[1].rstrip(" ，,。")) for found in _ADDRESS_LABEL.finditer(text)]
    spans += [(found.start(), found[0].rstrip(" ，,")) for found in _ADDRESS.finditer(text)]
    for start, whole in spans:
        yield Find("address", "detail", whole, start, start + len(whole))
        return


def region_of(address: str) -> str | None:
    """The code of the smallest division that an address begins with."""
    plain = re.sub(r"\s", "", address)
    for size in range(min(len(plain), 24), 1, -1):
        if (code := regions.resolve(plain[:size])) is not None and code not in regions.LARGE:
            return code
    return None


def _firms(text: str, _today: date) -> Iterator[Find]:
    for found in _FIRM_LABEL.finditer(text):
        yield Find("customer", "name", found[1], *found.span(1))
    for line in re.finditer(r"[^\n,，。;；|\s]+", text):
        firm = _FIRM.search(line[0])
        if firm is None:
            continue
        name = re.sub(rf"^(?:我们是|我们|我是|我在|这里是|来自|在|是)(?=.{{2,}}(?:{_ENDINGS}))", "", firm[0])
        start = line.start() + firm.end() - len(name)
        yield Find("customer", "name", name, start, line.start() + firm.end(), sure=name.endswith("公司"))


def _people(text: str, _today: date) -> Iterator[Find]:
    for found in _PERSON_LABEL.finditer(text):
        name = _without_title(found[1])
        if len(name) >= 2 and _is_name(name):
            yield Find("contact", "name", name, found.start(1), found.start(1) + len(name))
    for found in re.finditer(rf"({_TITLE})([ \t:：]*)([\u4e00-\u9fff]{{2,4}})(?![\u4e00-\u9fff])", text):
        # 店长江映雪: what follows a title at once may go on as a sentence.
        if _is_name(found[3]):
            yield Find("contact", "name", found[3], *found.span(3), sure=bool(found[2]))
    for found in re.finditer(rf"(?<![\u4e00-\u9fff])([\u4e00-\u9fff]{{1,4}})[ \t/|]*(?={_TITLE})", text):
        if len(found[1]) >= 2 and _is_name(found[1]):
            yield Find("contact", "name", found[1], *found.span(1))
    for found in re.finditer(r"(?:(?<![\u4e00-\u9fff])|(?<=的))([\u4e00-\u9fff]{2,4})(?![\u4e00-\u9fff])", text):
        if _is_name(found[1]) and found[1] not in _WORDS:
            yield Find("contact", "name", found[1], *found.span(1), sure=False)


def _positions(text: str, _today: date) -> Iterator[Find]:
    for found in re.finditer(rf"(?:{_POSITIONS})+", text):
        yield Find("contact", "position", found[0], *found.span())
        return


def _dates(text: str, today: date) -> Iterator[Find]:
    for found in _WEEK.finditer(text):
        ahead = {"下": 7, "下下": 14}.get(found[1] or "", 0)
        day = today - timedelta(days=today.weekday()) + timedelta(days=ahead + "一二三四五六日天".index(found[2]) % 7)
        if found[2] == "天":
            day = today - timedelta(days=today.weekday()) + timedelta(days=ahead + 6)
        if not found[1] and day <= today:
            day += timedelta(days=7)
        if day >= today:
            yield Find("task", "due_at", day.isoformat(), *found.span(), sure=is_workday(day))
    for found in _NEAR.finditer(text):
        day = today + timedelta(days={"今天": 0, "明天": 1, "后天": 2, "大后天": 3}[found[0]])
        yield Find("task", "due_at", day.isoformat(), *found.span())
    for found in _DATE.finditer(text):
        try:
            day = date(int(found[1] or today.year), int(found[2]), int(found[3]))
        except ValueError:
            continue
        if found[1] is None and day < today:
            day = day.replace(year=day.year + 1) if (day.month, day.day) != (2, 29) else day
        if day >= today:
            yield Find("task", "due_at", day.isoformat(), *found.span(), sure=False)


def _safety(text: str, _today: date) -> Iterator[Find]:
    for found in _SAFETY.finditer(text):
        yield Find("safety_note", "items", found[1] or found[2], *found.span(), sure=False)


def _source(text: str, _today: date) -> Iterator[Find]:
    for found in _SOURCE.finditer(text):
        yield Find("customer", "source", "referral", *found.span(), sure=False)
        return


_READERS: tuple[Callable[[str, date], Iterator[Find]], ...] = (
    _codes,
    _numbers,
    _addresses,
    _firms,
    _safety,
    _source,
    _dates,
    _people,
    _positions,
)


def _single(finds: list[Find]) -> list[Find]:
    """Of names and other single values the surest first one; further mobiles stay (a firm has several)."""
    kept: list[Find] = []
    for find in sorted(finds, key=lambda one: (not one.sure, one.start)):
        single = (find.entity, find.field)
        if find.field != "mobile" and any((other.entity, other.field) == single for other in kept):
            continue
        kept.append(find)
    return kept


def _left(text: str, finds: list[Find]) -> list[str]:
    pieces: list[str] = []
    at = 0
    for find in [*finds, Find("", "", "", len(text), len(text))]:
        pieces += _GAP.split(text[at : find.start])
        at = max(at, find.end)
    return [piece for piece in pieces if piece and not _EMPTY_LABEL.match(piece)]


def _is_name(text: str) -> bool:
    if text[:2] in _COMPOUND:
        return 3 <= len(text) <= 4
    return text[:1] in _SURNAMES and 2 <= len(text) <= 3 and not re.search(_POSITIONS, text)


def _without_title(text: str) -> str:
    return re.sub(rf"(?:{_POSITIONS}|先生|女士|小姐|总)$", "", text)
