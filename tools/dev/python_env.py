"""The virtual environment `.venv`: made, filled from the pinned locks, and left alone while nothing changed.

Never touches the system's Python or its pip (PEP 668). A stamp inside makes the second start cheap.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path

from tools.dev import node_env, pip_bootstrap
from tools.dev.shell import ROOT, WINDOWS, Trouble, call, run, say

VENV = ROOT / ".venv"
LOCKS = ROOT / "locks"
STAMP = VENV / "kehu-stamp.json"
GROUPS = {
    "run": ["pyproject.toml", "--group", "install"],
    "dev": ["pyproject.toml", "--group", "dev"],
    "node": ["--group", "node", "--no-deps"],
    "postgres": ["--group", "postgres", "--no-deps"],
}


def executable(name: str = "python") -> Path:
    """Return the path of a program inside `.venv`."""
    return VENV / ("Scripts" if WINDOWS else "bin") / (f"{name}.exe" if WINDOWS else name)


def ensure(lock: str) -> None:
    """Bring `.venv` to the state of `locks/<lock>.txt`; does nothing when the stamp says it is there."""
    if not _usable():
        _create()
    wanted, found = _fingerprint(lock), _stamps()
    if found.get(lock) == wanted:
        return
    if lock == "run" and found.get("dev") == _fingerprint("dev"):
        return  # the tests' packages include those of the program
    say(f"installing Python packages of locks/{lock}.txt")
    # Compiling all that tests bring along takes a quarter of the time, and most of it is never imported.
    how = ["--no-compile"] if lock == "dev" else []
    _pip("install", *how, "--require-hashes", "--prefer-binary", "--no-deps", "-r", LOCKS / f"{lock}.txt")
    if lock in {"run", "dev"}:
        _pip("install", "--no-deps", "--no-build-isolation", "--editable", ROOT)
        found = {key: value for key, value in found.items() if key not in {"run", "dev"}}
    STAMP.write_text(json.dumps({**found, lock: wanted}), encoding="utf-8")


def site_packages() -> list[Path]:
    """Return the package folders of `.venv`."""
    return list(VENV.glob("Lib/site-packages" if WINDOWS else "lib/python*/site-packages"))


def node() -> node_env.Node:
    """Return a Node that is new enough, installed into `.venv` where the system has none."""
    found = node_env.system_node()
    if found:
        return found
    ensure("node")
    return node_env.wheel_node(site_packages())


def lock_all() -> None:
    """Write `locks/*.txt` anew for all platforms, with the hashes of every file, by uv."""
    with tempfile.TemporaryDirectory() as folder:
        run([sys.executable, "-m", "venv", folder])
        uv = Path(folder) / ("Scripts/uv.exe" if WINDOWS else "bin/uv")
        run([uv.with_name("python.exe" if WINDOWS else "python"), "-m", "pip", "install", "--quiet", "uv"])
        for name, what in GROUPS.items():
            command = [str(uv), "pip", "compile", *what, "--universal", "--generate-hashes", "--upgrade"]
            command += ["--python-version", "3.11", "--no-header", "--no-annotate", "--quiet"]
            run([*command, "--output-file", LOCKS / f"{name}.txt"])
            say(f"wrote locks/{name}.txt")


def _pip(*arguments: str | Path) -> None:
    env = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_USER": "0"}
    run([executable(), "-m", "pip", *arguments, "--quiet"], env=env)


def _usable() -> bool:
    """True when `.venv` runs and was made in this place (a copied or moved one is made anew)."""
    if not executable().exists() or not _has_pip():
        return False
    code, prefix = call([executable(), "-c", "import sys; print(sys.prefix)"], quiet=True)
    return code == 0 and Path(prefix.strip()).resolve() == VENV.resolve()


def _has_pip() -> bool:
    return any((folder / "pip").exists() for folder in site_packages())


def _create() -> None:
    """Make `.venv`, also where the system's Python comes without ensurepip (Debian without python3-venv)."""
    say(f"making {VENV.name} with Python {sys.version.split()[0]}")
    code, output = call([sys.executable, "-m", "venv", "--clear", VENV], quiet=True)
    if code == 0 and _has_pip():
        return
    code, output = call([sys.executable, "-m", "venv", "--clear", "--without-pip", VENV], quiet=True)
    if code != 0:
        raise Trouble(f"cannot make a virtual environment:\n{output}")
    with tempfile.TemporaryDirectory() as folder:
        wheel = pip_bootstrap.download(Path(folder))
        # A wheel is a zip that Python can run: pip installs itself.
        env = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_USER": "0"}
        run([executable(), f"{wheel}{os.sep}pip", "install", "--quiet", "--no-index", wheel], env=env)


def _fingerprint(lock: str) -> str:
    """Hash of everything that decides what `ensure` installs."""
    parts = [str(ROOT), (LOCKS / f"{lock}.txt").read_text(encoding="utf-8")]
    if lock in {"run", "dev"}:
        parts.append((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _stamps() -> dict[str, str]:
    try:
        stamps = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamps if isinstance(stamps, dict) else {}
