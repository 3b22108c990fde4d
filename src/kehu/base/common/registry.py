"""Finds plug-ins: one object of a contract class per file of a folder, then those of installed packages.

No decorators and no list to edit: the file name is the name. It must not know any particular plug-in.
"""

import importlib
from collections.abc import Mapping, Sequence
from functools import cache, reduce
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TypeVar

Contract = TypeVar("Contract")


class RegistryError(RuntimeError):
    """A plug-in that cannot be used; the message names the file or entry point and what is wrong with it."""


@cache
def installed(group: str) -> tuple[tuple[str, str], ...]:
    """Return what installed packages name for an entry point: name and `module:object`, sorted by name.

    This looks into every installed package; a process that must start fast is told by the one that starts it.
    """
    from importlib.metadata import entry_points  # brings a parser of mails along

    return tuple(sorted((entry.name, f"{entry.module}:{entry.attr}") for entry in entry_points(group=group)))


def load(package: str, contract: type[Contract], *, others: Sequence[tuple[str, str]] = ()) -> Mapping[str, Contract]:
    """Return every plug-in of `package` (a dotted folder name), then `others` (see `installed`), by name.

    Each module holds exactly one public object of `contract`, whose `name` is the file name; modules that
    begin with an underscore are skipped. An entry point names such an object, or a class to call without
    arguments. Raises RegistryError for a file with none or several, a wrong name, or a name that is taken.
    """
    found: dict[str, Contract] = {}
    folders = importlib.import_module(package).__path__
    for name in sorted({file.stem for folder in folders for file in Path(folder).glob("*.py")}):
        if name.startswith("_"):
            continue
        module = importlib.import_module(f"{package}.{name}")
        _add(found, _only(module, contract), name, module.__name__)
    for name, value in others:
        thing = _named(value)
        made = thing() if isinstance(thing, type) else thing
        if not isinstance(made, contract):
            raise RegistryError(f"entry point {name} ({value}): not a {contract.__name__}")
        _add(found, made, name, f"entry point {value}")
    return MappingProxyType(found)


def _named(value: str) -> object:
    """Return what `module:object` names; without an object the module."""
    module, _, path = value.partition(":")
    return reduce(getattr, path.split(".") if path else (), importlib.import_module(module))


def _only(module: ModuleType, contract: type[Contract]) -> Contract:
    """Return the one object of `contract` that the module holds under a public name."""
    objects: dict[int, Contract] = {}
    for attribute, value in vars(module).items():
        if not attribute.startswith("_") and isinstance(value, contract):
            objects[id(value)] = value
    if len(objects) != 1:
        raise RegistryError(f"{module.__name__}: needs exactly one {contract.__name__}, found {len(objects)}")
    return next(iter(objects.values()))


def _add(found: dict[str, Contract], plugin: Contract, name: str, where: str) -> None:
    own = getattr(plugin, "name", None)
    if own != name:
        raise RegistryError(f"{where}: its name is {own!r}, the file or entry point says {name!r}")
    if name in found:
        raise RegistryError(f"{where}: the name {name!r} is taken")
    found[name] = plugin
