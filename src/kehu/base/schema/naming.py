"""Names of entities, fields and options, and the physical names that follow from them.

Keys never change and are never reused; physical names are readable, so that people may query the database itself.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from kehu.base.common.pinyin import syllables

KEY = re.compile(r"[a-z][a-z0-9_]{0,47}")
SYSTEM_KEYS = frozenset({"id", "rev", "revision", "created_at", "updated_at", "created_by", "updated_by"})
QUERY_WORDS = frozenset({"and", "or", "not", "some", "none"})
OPTION_KEY = re.compile(r"[a-z0-9][a-z0-9_]{0,47}")


def key_fault(key: object, taken: Collection[str] = ()) -> str | None:
    """Return the code of what is wrong with a new entity or field key, or None."""
    if not isinstance(key, str) or not KEY.fullmatch(key):
        return "catalog.key_form"
    if "__" in key or key.endswith(("_id", "_")) or key in SYSTEM_KEYS or key in QUERY_WORDS:
        return "catalog.key_reserved"
    return "catalog.key_taken" if key in taken else None


def entity_table(key: str, *, own: bool) -> str:
    """Physical name of an entity's table."""
    return f"x_{key}" if own else key


def field_column(key: str, *, own: bool, version: int = 1) -> str:
    """Physical base name of a field. A field whose type changes gets a new one; keys hold no `__`, so none collides."""
    base = f"c_{key}" if own else key
    return base if version == 1 else f"{base}__v{version}"


def next_column(column: str) -> str:
    """The base name after a type change: `c_size` → `c_size__v2` → `c_size__v3`."""
    base, _, version = column.partition("__v")
    return f"{base}__v{int(version) + 1 if version else 2}"


def suggest_key(label: str, taken: Collection[str]) -> str:
    """Make a free key from a label, Chinese by its pinyin: 客户爱好 → ke_hu_ai_hao."""
    parts = "".join(
        f" {readings[0]} " if readings else char for char, readings in zip(label, syllables(label), strict=True)
    )
    words = re.sub(r"[^a-z0-9]+", "_", parts.lower()).strip("_")[:40].strip("_")
    base = words if words[:1].isalpha() else f"f_{words}".rstrip("_")
    if base.endswith("_id") or base in SYSTEM_KEYS or base in QUERY_WORDS:
        base = f"{base}_x"
    key, number = base, 2
    while key_fault(key, taken):
        key, number = f"{base}_{number}", number + 1
    return key
