"""Builds the web app of `web/` into `src/kehu/static`, where the server and the wheel take it from.

Does nothing when the stamps say that nothing changed. Shared by dev.py and hatch_build.py.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
from pathlib import Path

from tools.dev.node_env import Node
from tools.dev.shell import CACHE, ROOT, Trouble, say

WEB = ROOT / "web"
OUT = ROOT / "src" / "kehu" / "static"
MODULES_STAMP = WEB / "node_modules" / ".kehu-stamp"
BUILD_STAMP = CACHE / "web-build.stamp"  # not in OUT, which goes into the wheel as it is
TEXTS = {".js", ".css", ".svg", ".webmanifest"}
SMALL = 1_000  # bytes that are not worth it
NOT_SOURCES = {"node_modules", "dist", "test-results", "tests"}


def exists() -> bool:
    """True when this is a tree with the web app's sources (a source distribution has only the result)."""
    return (WEB / "package.json").exists()


def install(node: Node) -> None:
    """Install the web packages exactly as locked."""
    wanted = _hash([WEB / "package.json", WEB / "package-lock.json"])
    if _read(MODULES_STAMP) == wanted:
        return
    say("installing web packages")
    node.npm("ci", "--no-audit", "--no-fund", cwd=WEB, quiet=True)
    MODULES_STAMP.write_text(wanted, encoding="utf-8")


def fresh() -> bool:
    """True when `src/kehu/static` was built from the present sources."""
    return (OUT / "index.html").exists() and _read(BUILD_STAMP) == _sources()


def build(node: Node) -> None:
    """Build the web app and put it where the server finds it."""
    if fresh():
        return
    install(node)
    say("building the web app")
    wanted = _sources()
    node.npm("run", "build", cwd=WEB, quiet=True)
    if not (WEB / "dist" / "index.html").exists():
        raise Trouble("the web build left no web/dist/index.html")
    shutil.rmtree(OUT, ignore_errors=True)
    shutil.copytree(WEB / "dist", OUT)
    _pack(OUT)
    CACHE.mkdir(exist_ok=True)
    BUILD_STAMP.write_text(wanted, encoding="utf-8")


def _pack(folder: Path) -> None:
    """Put a compressed twin beside every text, which the server sends to whoever takes it."""
    for path in _walk(folder):
        if path.suffix in TEXTS and path.stat().st_size > SMALL:
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


def _sources() -> str:
    return _hash(_walk(WEB))


def _walk(folder: Path) -> list[Path]:
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not (folder == WEB and path.name in NOT_SOURCES):
            found += _walk(path)
        elif path.is_file():
            found.append(path)
    return found


def _hash(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0".encode())
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
