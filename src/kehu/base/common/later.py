"""Libraries that only some work needs, imported when that work first asks for them: starting stays quick.

For heavy libraries that a server may run for days without; everything else is imported as usual.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Later:
    """Stands for a module until one of its names is asked for; safe when several threads ask at once."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)
