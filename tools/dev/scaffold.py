"""`dev.py new KIND NAME`: writes the first version of a plug-in or a decision record from a template.

Refuses to touch what is there. A plug-in needs no registration: its file is enough.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from pathlib import Path

from tools.dev.shell import ROOT, Trouble

TEMPLATES = Path(__file__).parent / "templates"
PLUGINS = ROOT / "src" / "kehu" / "plugins"
RECORDS = ROOT / "docs" / "adr"


def new(kind: str, name: str) -> list[Path]:
    """Write the files of a new thing. Returns their paths relative to the repository."""
    return [path.relative_to(ROOT) for path in KINDS[kind](name)]


def _field_type(name: str) -> list[Path]:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise Trouble(f"{name!r} is no file name of a field type: use small letters, digits and _")
    words = name.split("_")
    text = (
        (TEMPLATES / "field_type.py.txt")
        .read_text(encoding="utf-8")
        .format(
            name=name,
            class_name="".join(word.capitalize() for word in words),
            title=" ".join(words).capitalize(),
        )
    )
    return [_write(PLUGINS / "field_types" / f"{name}.py", text)]


def _adr(title: str) -> list[Path]:
    numbers = [int(path.name[:4]) for path in RECORDS.glob("[0-9][0-9][0-9][0-9]-*.md")]
    number = f"{max(numbers, default=0) + 1:04}"
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    if not slug:
        raise Trouble("a decision record needs an English title")
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    text = (RECORDS / "0000-template.md").read_text(encoding="utf-8")
    return [_write(RECORDS / f"{number}-{slug}.md", text.format(number=number, title=title, date=today))]


def _write(path: Path, text: str) -> Path:
    if path.exists():
        raise Trouble(f"{path.relative_to(ROOT)} is already there")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


KINDS: dict[str, Callable[[str], list[Path]]] = {"adr": _adr, "field-type": _field_type}
