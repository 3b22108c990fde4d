"""Sights: what one caller may use an entity's fields for. The only place that makes handles.

A sight maps field paths to handles; what is not in it does not exist for the caller. Unknown and forbidden take the
same way through this code and end alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from kehu.base.db.query.handles import (
    Handle,
    Link,
    Many,
    Mode,
    Scope,
    Source,
    Step,
    Use,
    take_mint,
)
from kehu.base.fields.base import FieldType, layout
from kehu.base.fields.scaled import ScaledType
from kehu.base.schema.model import Entity, Field, Label
from kehu.core.access.permissions import Policy, policy
from kehu.core.context import Ctx

_MINT = take_mint()

LONGEST_PATH = 4  # fields in a path: three hops and a field
TITLE_HOPS = 2

# Not fields of the catalog, but there for every record.
_ID = Field("id", Label("记录号", "Record id"), "integer", "id")
_REVISION = Field("revision", Label("版本", "Revision"), "integer", "rev")
PSEUDO: Mapping[str, Field] = MappingProxyType({"id": _ID, "revision": _REVISION})


class Sight(Mapping[str, Handle]):
    """What may be used of one entity in one way. Looking up a path of relations works; iterating gives own fields."""

    def __init__(self, access: Access, entity: str, use: Use, *, named: bool = True) -> None:
        self._access = access
        self._named = named
        self.entity = entity
        self.use = use

    @property
    def scope(self) -> Scope | None:
        """Which rows: None for all."""
        return self._access.policy.scope(self.entity)

    def __getitem__(self, path: str) -> Handle:
        found = self._access.handle(self.entity, path, self.use, named=self._named)
        if found is None:
            raise KeyError(path)
        return found

    def __iter__(self) -> Iterator[str]:
        for field in self._access.policy.fields(self.entity):
            if self._access.handle(self.entity, field.key, self.use, named=self._named) is not None:
                yield field.key

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Access:
    """All sights of one policy: implements what parsing asks (`base.db.query.handles.Sights`)."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._catalog = policy.catalog
        self._types: Mapping[str, FieldType] = policy.types
        self._handles: dict[tuple[str, str, Use, bool], Handle | None] = {}
        self._titles: dict[str, tuple[Handle, ...]] = {}
        self._selected: dict[str, tuple[Handle, ...]] = {}

    # --- asked by parsing --------------------------------------------------------------------------------------------

    def source(self, entity: str) -> Source | None:
        """The records of an entity that count for the caller; None when there is no such entity for them."""
        if not self.policy.sees(entity):
            return None
        return Source(_MINT, entity, self.policy.scope(entity))

    def handle(self, entity: str, path: str, use: Use, *, named: bool = True) -> Handle | None:
        """A field by path (`owner.name`) for a use."""
        key = (entity, path, use, named)
        if key in self._handles:
            return self._handles[key]
        made = self._make(entity, path, use, named)
        if made is not None and len(self._handles) < 20_000:
            self._handles[key] = made
        return made

    def many(self, entity: str, key: str) -> Many | None:
        """The records that point here by the relation whose reverse key is `key`."""
        reverse = self._catalog.reverses.get(entity, {}).get(key)
        if reverse is None or not self.policy.shows(reverse.entity, reverse.field):
            return None
        source = self.source(reverse.entity)
        if source is None:
            return None
        field = self._catalog.entities[reverse.entity].fields[reverse.field]
        return Many(_MINT, key, source, layout(field, self._types).value[0].name)

    def selected(self, entity: str) -> tuple[Handle, ...]:
        """All visible fields in their order; secret ones as masks."""
        if entity not in self._selected:
            handles = (self.handle(entity, f.key, "select", named=False) for f in self.policy.fields(entity))
            self._selected[entity] = tuple(handle for handle in handles if handle is not None)
        return self._selected[entity]

    # --- asked by reading --------------------------------------------------------------------------------------------

    def title(self, entity: str, hops: int = 0) -> tuple[Handle, ...]:
        """The fields that name a record of an entity, as far as the caller may see them."""
        key = f"{entity}/{hops}"
        if key not in self._titles:
            fields = [self._catalog.entities[entity].fields.get(one) for one in self._catalog.entities[entity].title]
            made = [
                self._field(entity, entity, field.key, (), field, "select", False, hops)
                for field in fields
                if field is not None and self.policy.shows(entity, field.key) and field.sensitive != "secret"
            ]
            self._titles[key] = tuple(h for h in made if h is not None and (h.output != "relation" or h.link))
        return self._titles[key]

    def sight(self, entity: str, use: Use, *, named: bool = True) -> Sight:
        """The sight of an entity for a use."""
        return Sight(self, entity, use, named=named)

    # --- making ------------------------------------------------------------------------------------------------------

    def _make(self, root: str, path: str, use: Use, named: bool) -> Handle | None:
        parts = path.split(".")
        if len(parts) > LONGEST_PATH or not self.policy.sees(root):
            return None
        here, steps = root, ()  # type: str, tuple[Step, ...]
        for part in parts[:-1]:
            field = self._catalog.entities[here].fields.get(part)
            link = None if field is None else self._link(here, field, TITLE_HOPS)
            if link is None:
                return None
            steps = (*steps, link.step)
            here = link.step.entity
        field = PSEUDO.get(parts[-1]) or self._catalog.entities[here].fields.get(parts[-1])
        if field is None:
            return None
        if parts[-1] not in PSEUDO and not self.policy.shows(here, field.key):
            return None
        return self._field(root, here, path, steps, field, use, named, 0)

    def _link(self, entity: str, field: Field, hops: int) -> Link | None:
        """The far end of a relation field, if the caller may follow it."""
        target = target_of(field)
        if target is None or not self.policy.shows(entity, field.key) or not self.policy.sees(target):
            return None
        if self._types[field.value_type].output != "relation" or field.sensitive == "secret":
            return None
        column = _column(self._catalog.entities[entity], field, self._types)
        if column is None:
            return None
        title = self.title(target, hops + 1) if hops < TITLE_HOPS else ()
        return Link(Step(column, target, self.policy.scope(target)), title)

    def _field(
        self,
        root: str,
        entity: str,
        path: str,
        steps: tuple[Step, ...],
        field: Field,
        use: Use,
        named: bool,
        hops: int,
    ) -> Handle | None:
        kind = self._types[field.value_type]
        mode: Mode = "plain"
        formula: str | None = None
        if field.sensitive == "secret" and field.key not in PSEUDO:
            secret = tuple(column.name for column in layout(field, self._types).secret)
            found = self._secret_mode(use, named)
            if found is None or not secret:
                return None
            mode = found
            columns: tuple[str, ...] = ({"sealed": secret[0], "exact": secret[1]}.get(mode, secret[2]),)
        elif field.derived is not None and field.derived.read_time:
            formula = str(field.derived.settings.get("text", ""))
            columns = ()
        elif field.key in PSEUDO or (field.derived is not None and field.derived.kind == "system"):
            columns = (field.column,)
        else:
            columns = tuple(column.name for column in layout(field, self._types).value)
        output = kind.output if mode == "plain" else "text"
        link = self._link(entity, field, hops) if output == "relation" else None
        if output == "relation" and link is None:
            return None
        return Handle(
            _MINT,
            root=root,
            path=path,
            steps=steps,
            entity=entity,
            field=field,
            type=kind,
            output=output,
            columns=columns,
            mode=mode,
            sorting=kind.sorting if mode == "plain" else None,
            decimals=kind.decimals(field) if isinstance(kind, ScaledType) else 0,
            options=tuple(option.key for option in field.options) if kind.sorting == "option" else (),
            listed=output == "json" and kind.listed,
            link=link,
            formula=formula,
        )

    def _secret_mode(self, use: Use, named: bool) -> Mode | None:
        """How a secret field may be used: its mask by all, its value by name and right, exact filters by right."""
        if use in ("select", "export"):
            return "sealed" if named and self.policy.secrets else "mask"
        if use == "filter":
            return "exact" if self.policy.secrets else None
        return "mask" if use == "sort" else None


def target_of(field: Field) -> str | None:
    """The entity that a relation or person field points to."""
    return field.target or ("user" if field.value_type == "user" else None)


def access(ctx: Ctx) -> Access:
    """All sights of the caller."""
    return _of(policy(ctx))


def sight(ctx: Ctx, entity: str, use: Use) -> Sight:
    """What the caller may use of an entity in one way."""
    return access(ctx).sight(entity, use)


def _of(found: Policy) -> Access:
    made = found.memo.get("access")
    if not isinstance(made, Access):
        made = found.memo["access"] = Access(found)
    return made


def _column(entity: Entity, field: Field, types: Mapping[str, FieldType]) -> str | None:
    if field.derived is not None and field.derived.kind == "system":
        return field.column
    columns = layout(field, types).value
    return columns[0].name if columns else None
