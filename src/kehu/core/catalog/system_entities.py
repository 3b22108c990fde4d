"""Entities and fields that exist in every ledger without standing in the catalog's tables.

`user` lets relations and paths reach the people who use the ledger; four system fields belong to every entity.
"""

from __future__ import annotations

from types import MappingProxyType

from kehu.base.schema.model import Derived, Entity, Field, Label, Settings

USER = "user"
_PERSON: Settings = MappingProxyType({"target": USER})


def _system(key: str, label: Label, type: str, position: int) -> Field:
    settings: Settings = _PERSON if type == "user" else MappingProxyType({})
    derived = Derived("system", type)
    return Field(key, label, type, key, section="系统", position=position, settings=settings, derived=derived)


SYSTEM_FIELDS = (
    _system("created_at", Label("建档日期", "Filed on"), "datetime", 100_001),
    _system("created_by", Label("建档人", "Filed by"), "user", 100_002),
    _system("updated_at", Label("更新时间", "Updated at"), "datetime", 100_003),
    _system("updated_by", Label("更新人", "Updated by"), "user", 100_004),
)


def user_entity() -> Entity:
    """The people who use the ledger, as relation targets. Written by `core.accounts` only."""
    fields = (
        Field("name", Label("姓名", "Name"), "text", "name", position=1),
        Field("team", Label("团队", "Team"), "text", "team", position=2),
        Field("department", Label("部门", "Department"), "text", "department", position=3),
    )
    return Entity(
        key=USER,
        label=Label("人员", "People"),
        table="kehu_account",
        fields=MappingProxyType({f.key: f for f in fields}),
        title=("name",),
        position=1000,
        system=True,
    )
