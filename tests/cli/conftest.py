"""The command line in this process, on a ledger of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from kehu.base.settings import Settings
from kehu.entry.cli.main import main


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON object on stdout; nothing else may stand there."""
        assert self.out.count("\n") == 1, self.out
        return json.loads(self.out)


Kehu = Callable[..., Ran]


@pytest.fixture
def bare(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Kehu:
    """`kehu` without any ledger named."""
    for name in ("KEHU_DATA", "KEHU_DATABASE_URL", "KEHU_LANG", "KEHU_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KEHU_LANG", "zh-CN")

    def run(*arguments: object) -> Ran:
        code = main([str(one) for one in arguments])
        out, err = capfdbinary.readouterr()
        return Ran(code, out.decode(), err.decode())

    return run


@pytest.fixture
def kehu(bare: Kehu, ledger_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Kehu:
    """`kehu` on a ledger that is set up, on each database."""
    monkeypatch.setenv("KEHU_DATA", str(ledger_settings.data))
    if ledger_settings.database_url:
        monkeypatch.setenv("KEHU_DATABASE_URL", ledger_settings.database_url)
    return bare
