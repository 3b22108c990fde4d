"""Tells a firm from a person by its name and by what else stands in the row; a proposal, never a correction."""

from __future__ import annotations

import re
from collections.abc import Mapping

FIRM = re.compile(
    r"(公司|集团|厂|店|行|社|中心|酒店|宾馆|医院|诊所|学校|学院|大学|幼儿园|银行|事务所|工作室|商场|超市|餐厅|饭店|"
    r"合作社|研究院|研究所|协会|基金会|政府|[委居村]委会|委员会|局|有限|股份|企业|商贸|科技|贸易|实业|物流|快递|建材|"
    r"[茶饭农酒]庄|山庄|庄园|[面菜茶饭餐会]馆|[酒茶]楼|药房|[药酒]铺|.{3}铺$|烟酒|五金|小学|中学|沙龙|美容|美发|[网酒]吧|"
    r"浴池|洗浴|会所|火锅|烧烤|豆浆|修车|[汽维]修|民宿|客栈|公寓|书屋|农场|牧场|果园|商厦|大厦|商城|市场|百货|便利|ltd\.?|inc\.?|llc|co\.|corp)",
    re.IGNORECASE,
)
PERSON = re.compile(r"[\u4e00-\u9fff·]{2,4}")
KIN = re.compile(
    "爸爸?|妈妈?|父亲|母亲|爷爷|奶奶|外公|外婆|姥姥|姥爷|哥哥|姐姐|弟弟|妹妹|儿子|女儿|丈夫|妻子|老公|老婆|配偶|"
    "家长|家属|监护人|叔叔|阿姨|舅舅|姑姑"
)
_ASIDE = re.compile(r"\s*[(（][^()（）]*[)）]\s*$")  # 李总（别墅）
FIRM_FIELDS = frozenset({"credit_code", "industry", "legal_representative", "company_size"})
PERSON_FIELDS = frozenset({"gender", "birth_date", "id_number", "occupation"})


def propose_kind(values: Mapping[str, Mapping[str, object]]) -> str | None:
    """Return `enterprise`, `person`, or None when nothing tells."""
    own = values.get("", {})
    name = own.get("name")
    if isinstance(name, str) and FIRM.search(name):
        return "enterprise"
    kin = values.get("contacts", {}).get("position")
    if isinstance(name, str) and isinstance(kin, str) and PERSON.fullmatch(name) and KIN.fullmatch(kin):
        return "person"
    if own.keys() & FIRM_FIELDS or values.get("contacts", {}).get("name"):
        return "enterprise"
    if own.keys() & PERSON_FIELDS or (isinstance(name, str) and PERSON.fullmatch(_ASIDE.sub("", name))):
        return "person"
    return None
