"""Files attached to a record. The value names them; the content is kept by `core.files`, encrypted.

Each is {"id", "name", "size", "type", "sha256"}, of which a caller gives the id only: who writes the record looks up
the rest and whether the file may be attached.
"""

import json
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, ClassVar

from kehu.base.fields.base import HOME, FieldType, Output, Parsed, ParseEnv, Problem, Sorting, Stored, Value, refuse
from kehu.base.fields.inputs import EMPTY, invalid, is_empty
from kehu.base.schema.model import Field, Label

MOST = 50
MEMBERS = ("id", "name", "size", "type", "sha256")


class File(FieldType):
    """Up to `settings.most` files, in the order in which they were attached."""

    name = "file"
    label = Label("附件", "Files")
    widget = "file"
    output: ClassVar[Output] = "json"
    sorting: ClassVar[Sorting | None] = None
    operators = frozenset({"empty", "not_empty"})

    def parse(self, field: Field, raw: object, env: ParseEnv) -> Parsed:
        if is_empty(raw):
            return EMPTY
        given = list(raw) if isinstance(raw, list | tuple) else [raw]
        found: list[str] = []
        for one in given:
            about: Mapping[str, object] = one if isinstance(one, Mapping) else {"id": one}
            id = about.get("id")
            if env.source == "cell" or not isinstance(id, int) or isinstance(id, bool) or not 0 < id < 2**63:
                return invalid(raw, "file")
            kept = {"id": id, **{m: about[m] for m in MEMBERS[1:] if isinstance(about.get(m), str | int)}}
            found.append(json.dumps(kept, ensure_ascii=False, separators=(",", ":")))
        most = int(field.settings.get("most", MOST))
        unique = tuple(dict.fromkeys(found))
        return refuse("list.too_long", limit=most, length=len(unique)) if len(unique) > most else Parsed(unique)

    def store(self, field: Field, value: Value) -> tuple[Stored, ...]:
        return (f"[{','.join(value)}]" if isinstance(value, tuple) else None,)

    def load(self, field: Field, stored: Sequence[Stored]) -> Value:
        text = stored[0]
        if not isinstance(text, str):
            return None
        return tuple(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in json.loads(text))

    def dump(self, field: Field, value: Value) -> list[dict[str, Any]] | None:
        return [json.loads(one) for one in value] if isinstance(value, tuple) else None

    def render(self, field: Field, value: Value, lang: str, timezone: str = HOME) -> str:
        return "、".join(str(one.get("name", one["id"])) for one in self.dump(field, value) or ())

    def blind(self, field: Field, value: Value) -> str:
        """Also what a secret field encrypts: the same JSON text as is stored in the open."""
        return str(self.store(field, value)[0] or "")

    def convert(self, old: FieldType, old_field: Field, value: Value, field: Field, env: ParseEnv) -> Parsed:
        return Parsed(value) if isinstance(old, File) else super().convert(old, old_field, value, field, env)

    def tokens(self, field: Field, value: Value) -> tuple[str, ...]:
        return ()

    def check(self, field: Field) -> tuple[Problem, ...]:
        most = field.settings.get("most", MOST)
        known = isinstance(most, int) and not isinstance(most, bool) and 1 <= most <= MOST
        return () if known else (Problem("settings.limit", data={"setting": "most"}),)

    def sample(self, field: Field, random: Random) -> list[object]:
        id = random.randint(1, 999)
        return [{"id": id, "name": f"合同扫描件{id}.pdf", "size": 1024 * id, "type": "application/pdf"}]


file = File()
