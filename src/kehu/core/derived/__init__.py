"""Derived values: formulas, roll-ups, lookups, rules. One graph per catalog version, moved inside each write."""

from kehu.core.derived.graph import build, graph_of
from kehu.core.derived.paths import Model
from kehu.core.derived.service import recompute, recompute_all, verify
from kehu.core.derived.tick import tick

__all__ = ["Model", "build", "graph_of", "recompute", "recompute_all", "tick", "verify"]
