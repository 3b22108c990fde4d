"""The file name is the plug-in's name; a file with none, two or another name stops the start."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kehu.base.common import registry


@dataclass(frozen=True)
class Greeting:
    name: str


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    place = tmp_path / "greetings_for_test"
    place.mkdir()
    (place / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield place
    for module in [each for each in sys.modules if each.startswith("greetings_for_test")]:
        del sys.modules[module]


def put(folder: Path, file: str, body: str) -> None:
    (folder / f"{file}.py").write_text(f"from {__name__} import Greeting\n{body}\n")


def load(*others: tuple[str, str]) -> list[str]:
    return list(registry.load("greetings_for_test", Greeting, others=others))


def test_finds_one_object_per_file_in_order(folder: Path) -> None:
    put(folder, "nihao", 'GREETING = Greeting("nihao")')
    put(folder, "hello", 'GREETING = Greeting("hello")\nSAME = GREETING')
    put(folder, "_helper", "")
    assert load() == ["hello", "nihao"]
    with pytest.raises(TypeError):
        registry.load("greetings_for_test", Greeting)["x"] = Greeting("x")  # type: ignore[index]


@pytest.mark.parametrize(
    "body",
    ["", 'A = Greeting("bad")\nB = Greeting("bad2")', 'A = Greeting("other")'],
    ids=["none", "two", "wrong name"],
)
def test_refuses_a_file_that_breaks_the_rule(folder: Path, body: str) -> None:
    put(folder, "bad", body)
    with pytest.raises(registry.RegistryError, match=r"greetings_for_test\.bad"):
        load()


def test_what_packages_bring_comes_after_and_may_not_take_a_name(folder: Path) -> None:
    put(folder, "hello", 'GREETING = Greeting("hello")')
    put(
        folder,
        "_brought",
        "class Early(Greeting):\n    def __init__(self):\n        super().__init__('zaoan')\n"
        "class Box:\n    SAME = Greeting('hello')\nTEXT = 'not a greeting'",
    )
    assert load(("zaoan", "greetings_for_test._brought:Early")) == ["hello", "zaoan"]
    with pytest.raises(registry.RegistryError, match="taken"):
        load(("hello", "greetings_for_test._brought:Box.SAME"))
    for value in ("greetings_for_test._brought:TEXT", "greetings_for_test._brought:"):
        with pytest.raises(registry.RegistryError, match="not a Greeting"):
            load(("x", value))


def test_tells_what_installed_packages_name() -> None:
    scripts = dict(registry.installed("console_scripts"))
    assert scripts["kehu"] == "kehu.entry.cli.main:main"
    assert registry.installed("kehu.nothing") == ()
