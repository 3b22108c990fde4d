"""Finds plug-ins: one object of a contract class per file of a folder, then those of installed packages.

No decorators and no list to edit: the file name is the name. It must not know any particular plug-in.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from importlib.metadata import entry_points
from types import MappingProxyType, ModuleType
from typing import TypeVar

Contract = TypeVar("Contract")


class RegistryError(RuntimeError):
    """A plug-in that cannot be used; the message names the file or entry point and what is wrong with it."""


def load(package: str, contract: type[Contract], *, group: str | None = None) -> Mapping[str, Contract]:
    """Return every plug-in of `package` (a dotted folder name), then of the entry point `group`, by name.

    Each module holds exactly one public object of `contract`, whose `name` is the file name; modules that
    begin with an underscore are skipped. An entry point names such an object, or a class to call without
    arguments. Raises RegistryError for a file with none or several, a wrong name, or a name that is taken.
    """
    found: dict[str, Contract] = {}
    folder = importlib.import_module(package)
    for info in sorted(pkgutil.iter_modules(folder.__path__), key=lambda entry: entry.name):
        if info.name.startswith("_") or info.ispkg:
            continue
        module = importlib.import_module(f"{package}.{info.name}")
        _add(found, _only(module, contract), info.name, module.__name__)
    for entry in sorted(entry_points(group=group), key=lambda each: each.name) if group else ():
        thing = entry.load()
        made = thing() if isinstance(thing, type) else thing
        if not isinstance(made, contract):
            raise RegistryError(f"entry point {entry.name} ({entry.value}): not a {contract.__name__}")
        _add(found, made, entry.name, f"entry point {entry.value}")
    return MappingProxyType(found)


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
