"""The documents tell all there is, in both languages, and their links lead somewhere. Reads files and the program's
own tables; runs nothing."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pathlib import Path

import click
import pytest

from kehu.base.db.query.operators import ALL
from kehu.core.access.roles import ROLES
from kehu.entry.api.app import openapi_bytes
from kehu.entry.cli.main import COMMANDS, GLOBAL_FLAGS, GLOBAL_VALUES
from kehu.plugins import field_types
from tests.support.source import nodes, text
from tools.dev.shell import ROOT

DOCS = ROOT / "docs"
LANGS = ("zh-CN", "en")
EACH = pytest.mark.parametrize("lang", LANGS)
LARGEST_PICTURE = 200 * 1024
ALL_SCREENSHOTS = 4 * 1024 * 1024  # every page in each look: who clones should not wait for them
NOT_OURS = frozenset({"KEHU_BENCH_POSTGRES", "KEHU_HYPOTHESIS"})  # dev.py tells its own tests so
BANNED = ("系统异常", "操作失败", "未知错误", "非法", "温馨提示", "请注意", "敬请期待", "登陆", "帐号", "台帐")


def _pages() -> list[Path]:
    return sorted(page for page in DOCS.rglob("*.md") if "adr" not in page.parts)


def _is_english(page: Path) -> bool:
    return page.name.endswith(".en.md")


@cache
def _told(lang: str) -> str:
    """Everything that the documents and the README of a language say."""
    readme = ROOT / ("README.en.md" if lang == "en" else "README.md")
    pages = [page for page in _pages() if _is_english(page) == (lang == "en")]
    return "\n".join(page.read_text("utf-8") for page in [readme, *pages])


def _missing(lang: str, patterns: dict[str, str]) -> list[str]:
    return sorted(name for name, pattern in patterns.items() if not re.search(pattern, _told(lang)))


def _commands() -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for name, module in COMMANDS.items():
        command = getattr(import_module(f"kehu.entry.cli.{module}"), f"{name}_command")
        subs = command.commands if isinstance(command, click.Group) else {}
        found |= {f"{name} {sub}": one for sub, one in subs.items()} if subs else {name: command}
    return found


def test_every_page_stands_in_both_languages() -> None:
    lonely = []
    for page in _pages():
        stem = page.name.removesuffix(".en.md" if _is_english(page) else ".md")
        other = page.with_name(f"{stem}.md" if _is_english(page) else f"{stem}.en.md")
        if not other.exists():
            lonely.append(other.relative_to(ROOT).as_posix())
    assert _pages()
    assert lonely == []


@EACH
def test_every_command_is_told(lang: str) -> None:
    options = r"(?: --[a-z]+(?: [^ -]\S*)?)*"
    assert _missing(lang, {name: rf"\bkehu{options} {name}\b" for name in _commands()}) == []


@EACH
def test_every_option_of_a_command_is_told(lang: str) -> None:
    names = {*GLOBAL_FLAGS, *GLOBAL_VALUES}
    for command in _commands().values():
        names |= {max(one.opts, key=len) for one in command.params if isinstance(one, click.Option)}
    assert _missing(lang, {name: rf"(?<![\w-]){name}(?![\w-])" for name in names if name != "--after"}) == []


@EACH
def test_every_setting_is_told(lang: str) -> None:
    names = {
        found
        for _, node in nodes()
        if (value := text(node)) is not None
        for found in re.findall(r"^KEHU_[A-Z_]+$", value)
    }
    assert "KEHU_DATA" in names
    assert _missing(lang, {name: rf"`?\b{name}\b" for name in names - NOT_OURS}) == []


@EACH
def test_every_operator_role_and_field_type_is_told(lang: str) -> None:
    types = {path.stem for path in Path(field_types.__path__[0]).glob("*.py") if not path.stem.startswith("_")}
    assert _missing(lang, {op: rf"`{op}`" for op in ALL}) == []
    assert _missing(lang, {role: rf"`{role}`" for role in ROLES}) == []
    assert _missing(lang, {name: rf"`[a-z_ ]*\b{name}\b[a-z_ ]*`" for name in types}) == []


@EACH
def test_every_check_of_verify_is_told(lang: str) -> None:
    names = {"sqlite_integrity"}
    for where, node in nodes():
        found = re.match(r"(features/verification|core)/", where)
        called = getattr(getattr(node, "func", None), "id", "")
        if found and called == "Check" and (name := text(node.args[0])) is not None:  # type: ignore[attr-defined]
            names.add(name)
    assert len(names) >= 10
    assert _missing(lang, {name: rf"`{name}`" for name in names}) == []


@EACH
def test_every_address_is_told(lang: str) -> None:
    paths = re.findall(rb'"(/api/v1/[^"]*)":', openapi_bytes())
    words = {word for path in paths for word in path.decode().split("/")[3:] if not word.startswith("{")}
    assert {"records", "imports", "events"} <= words
    assert _missing(lang, {word: rf"/{re.escape(word)}\b" for word in words}) == []


@pytest.mark.parametrize("page", [*_pages(), *ROOT.glob("*.md")], ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    written = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.S)
    for link in re.findall(r"\]\(([^)\s]+)\)", written):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name) if name else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    assert broken == []


def _anchors(page: Path) -> set[str]:
    """Anchors of headings, as the places where documents are read make them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_pictures_are_small_and_used() -> None:
    told = _told("zh-CN") + _told("en")
    for picture in (DOCS / "images").iterdir():
        assert picture.stat().st_size <= LARGEST_PICTURE, picture.name
        assert f"images/{picture.name}" in told, picture.name
    screenshots = list((DOCS / "screenshots").iterdir())
    assert all(picture.suffix == ".webp" for picture in screenshots)
    assert sum(picture.stat().st_size for picture in screenshots) <= ALL_SCREENSHOTS


def test_the_tone_of_the_chinese_pages() -> None:
    assert [word for word in BANNED if word in _told("zh-CN")] == []
