"""System tables as later code sees them: names and columns for building statements.

Their definitions (types, keys, indexes) live in the migrations; a test holds the two together.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from kehu.base.db.types import Integer, IsoInstant, Text


def _table(name: str, text: str = "", integer: str = "", instant: str = "") -> sa.TableClause:
    columns: list[sa.ColumnClause[Any]] = [sa.column(n, Text()) for n in text.split()]
    columns += [sa.column(n, Integer()) for n in integer.split()]
    columns += [sa.column(n, IsoInstant()) for n in instant.split()]
    return sa.table(f"kehu_{name}", *columns)


meta = _table("meta", "key value")
counter = _table("counter", "name", "value")
number = _table("number", "field prefix", "value")  # gap-free numbering, one row per (entity.field, prefix)

catalog_version = _table("catalog_version", integer="id version")
catalog_entity = _table("catalog_entity", "key data")
catalog_field = _table("catalog_field", "entity key data")
catalog_index = _table("catalog_index", "name entity columns fields state", "uniq")
catalog_change = _table("catalog_change", "entity key before", "tx id changeset")
process = _table("process", "id open", "version", "heartbeat")

account = _table(
    "account",
    "name password roles locale team department state name__sort team__sort department__sort",
    "id rev created_by updated_by",
    "created_at updated_at password_at",
)
session = _table("session", "id csrf", "user", "created_at expires_at seen_at")
token = _table("token", "hash label", "id user", "created_at expires_at seen_at")
login_try = _table("login_try", "name address", "id", "at")
secret_read = _table("secret_read", "actor entity field", "id record", "at")

changeset = _table(
    "changeset", "actor origin title reason state result", "id actor_id undoes catalog_version", "created_at"
)
tx = _table("tx", "entities digest prev hash", "id changeset seq", "at")
change = _table("change", "entity op before digest", "tx record")

job = _table(
    "job",
    "kind args state cursor error lease_by result",
    "id done total attempts changeset actor_id",
    "not_before lease_until created_at",
)
cell_note = _table("cell_note", "entity field text code", "record changeset")
view = _table("view", "entity name data", "id owner shared rev")
import_run = _table("import_run", "state data file name", "id job changeset actor_id", "created_at")
import_row = _table("import_row", "sheet data", "run row record")
export_run = _table("export_run", "state data file name", "id job actor_id", "created_at")
file = _table("file", "sha256 name kind sealed", "id size actor_id", "created_at")
idempotency = _table("idempotency", "key body fingerprint", "user status", "at")
workday = _table("workday", "day", "works")
