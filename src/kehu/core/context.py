"""`Ctx`: what one unit of work runs in. Made by `runtime` only; passed first to every function of core and features."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from kehu.base.common.clock import Clock
from kehu.base.crypto.keys import Keyring
from kehu.base.db import system
from kehu.base.db.dialects.base import Dialect
from kehu.base.db.tables import Tables
from kehu.base.db.types import instant_text
from kehu.base.fields.base import FieldType, ParseEnv
from kehu.base.schema.model import Catalog

Lang = Literal["zh-CN", "en"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `system` work and the command line see all; no request can become either."""

    kind: Literal["user", "system", "command_line"]
    id: int | None  # account id of a user
    name: str  # user name, OS user's name, or what the system does
    roles: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Who, as change-sets and logs show it."""
        return self.name


@dataclass(frozen=True, slots=True)
class Asking:
    """Who acts, asked of the database together with the version of the catalog: every request needs both, and a turn to
    the database costs more than either.

    statement: made by `with_version`. found: makes the actor of its row, None where there is nobody; may raise.
    """

    statement: sa.Select[Any]
    values: Mapping[str, Any]
    found: Callable[[tuple[Any, ...] | None], Actor]


def with_version(select: sa.Select[Any]) -> sa.Select[Any]:
    """The statement that answers the version of the catalog and beside it the only row of `select`, or nulls."""
    found = select.subquery()
    version = system.catalog_version
    return sa.select(version.c.version, *found.c).select_from(version.outerjoin(found, sa.true()))


@dataclass(slots=True)
class Ctx:
    """One unit of work: a connection in a transaction, the catalog it began with, and who acts."""

    tx: sa.Connection
    dialect: Dialect
    catalog: Catalog
    tables: Tables
    types: Mapping[str, FieldType]
    actor: Actor
    clock: Clock
    keys: Keyring
    lang: Lang = "zh-CN"
    # What parts of core remember for this unit of work (sights, the open transaction of the write door).
    memo: dict[object, object] = field(default_factory=dict)

    def now(self) -> str:
        """The present instant as stored text."""
        return instant_text(self.clock.now())

    def now_at(self) -> datetime:
        """The present instant."""
        return self.clock.now()

    def parse_env(self, source: Literal["api", "form", "cell"] = "api", factor: int = 1) -> ParseEnv:
        """What field types may depend on when they parse."""
        zone = self.catalog.timezone
        return ParseEnv(source, zone, self.clock.today(ZoneInfo(zone)), factor)
