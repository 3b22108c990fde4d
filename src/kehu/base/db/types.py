"""Column types whose Python side is the same text on both databases.

Dates are "2026-03-05" and points in time "2026-03-05T01:02:03.004Z" (UTC) everywhere above the driver.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from kehu.base.fields.base import Column


def instant_text(value: datetime) -> str:
    """Write an aware datetime as UTC text with milliseconds."""
    utc = value.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def parse_instant(text: str) -> datetime:
    """Read what `instant_text` wrote."""
    return datetime.fromisoformat(text)


class IsoDate(TypeDecorator[str]):
    """`date` on PostgreSQL, text on SQLite."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.Date() if dialect.name == "postgresql" else sa.Text())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        return date.fromisoformat(value) if value is not None and dialect.name == "postgresql" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return value.isoformat() if isinstance(value, date) else value


class IsoInstant(TypeDecorator[str]):
    """`timestamptz` on PostgreSQL, text on SQLite."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.DateTime(timezone=True))
        return dialect.type_descriptor(sa.Text())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        return parse_instant(value) if value is not None and dialect.name == "postgresql" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return instant_text(value) if isinstance(value, datetime) else value


class Text(TypeDecorator[str]):
    """Text compared byte by byte on both databases (`COLLATE "C"` on PostgreSQL)."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.Text(collation="C") if dialect.name == "postgresql" else sa.Text())


class Integer(TypeDecorator[int]):
    """64-bit integer; on SQLite the declaration INTEGER, so that an id is the rowid."""

    impl = sa.BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.BigInteger() if dialect.name == "postgresql" else sa.Integer())


def column_type(column: Column) -> TypeEngine[Any]:
    """Return the SQLAlchemy type of a physical column."""
    match column.kind:
        case "text":
            return Text()
        case "int":
            return Integer()
        case "date":
            return IsoDate()
        case "datetime":
            return IsoInstant()
