"""Settings of one process: from the command line, then KEHU_* variables, then DATA/settings.toml, then defaults.

One frozen value, made once and handed on; there is no global instance. Options that an administrator changes in
the web app are data of the ledger, not settings.
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kehu.base.common.report import why
from kehu.base.errors import BadInput

Lang = Literal["zh-CN", "en"]
KNOWN = frozenset({"database_url", "hosts", "lang"})


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the ledger lies and how this process behaves. Paths follow from `data`."""

    data: Path
    database_url: str | None = None
    hosts: tuple[str, ...] = ()
    lang: Lang = "zh-CN"
    debug: bool = False

    @property
    def ledger_file(self) -> Path:
        """The SQLite file (unused on PostgreSQL)."""
        return self.data / "ledger.db"

    @property
    def key_file(self) -> Path:
        """The root key of the ledger."""
        return self.data / "keys" / "ledger.key"

    @property
    def certificates(self) -> Path:
        """The certificate authority of `kehu serve --tls` and the certificate it signed, with their keys."""
        return self.data / "tls"

    @property
    def files(self) -> Path:
        """Uploads, exports and other files of the ledger, encrypted."""
        return self.data / "files"

    @property
    def backups(self) -> Path:
        """Daily copies."""
        return self.data / "backups"

    @property
    def tmp(self) -> Path:
        """Working files; may be emptied while nothing runs."""
        return self.data / "tmp"

    @property
    def lock_file(self) -> Path:
        """Held by a running server."""
        return self.data / "server.lock"

    @property
    def settings_file(self) -> Path:
        """Settings kept with the data."""
        return self.data / "settings.toml"

    @property
    def database(self) -> str:
        """Kind of database: "sqlite" or "postgres"."""
        return "postgres" if self.database_url else "sqlite"

    def make_folders(self) -> None:
        """Create the data folder and what lies in it, readable by its owner only."""
        try:
            for folder in (self.data, self.key_file.parent, self.files, self.backups, self.tmp):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise BadInput("data.unusable", folder=str(self.data), reason=why(error)) from error


def load_settings(
    data: str | os.PathLike[str] | None = None,
    *,
    lang: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Settings:
    """Gather the settings. Raises BadInput `settings.invalid` with the file and the name of the bad setting."""
    folder = Path(data or environ.get("KEHU_DATA") or platform_data(environ)).expanduser().absolute()
    kept = _read_file(folder / "settings.toml")
    hosts = environ.get("KEHU_HOSTS")
    names = (
        tuple(h.strip().lower() for h in hosts.split(","))
        if hosts is not None
        else _hosts(kept.get("hosts", ()), folder)
    )
    chosen = lang or environ.get("KEHU_LANG") or kept.get("lang")
    return Settings(
        data=folder,
        database_url=environ.get("KEHU_DATABASE_URL") or _text(kept.get("database_url"), "database_url", folder),
        hosts=tuple(name for name in names if name),
        lang=as_lang(str(chosen)) if chosen else from_locale(environ),
        debug=environ.get("KEHU_DEBUG", "") not in ("", "0"),
    )


def as_lang(text: str) -> Lang:
    """Read a language setting: anything that begins with "en" is English, with "zh" Chinese."""
    low = text.strip().lower()
    if low.startswith("en"):
        return "en"
    if low.startswith("zh"):
        return "zh-CN"
    raise BadInput("lang.unknown", field="lang", value=text)


def from_locale(environ: Mapping[str, str]) -> Lang:
    """The language of the system's locale; zh-CN when it says nothing or something else."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(name, "")
        if value:
            return "en" if value.lower().startswith("en") else "zh-CN"
    return "zh-CN"


def platform_data(environ: Mapping[str, str] = os.environ) -> Path:
    """The platform's folder for the data of a program."""
    if sys.platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "Kehu"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Kehu"
    return Path(environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "kehu"


def platform_config(environ: Mapping[str, str] = os.environ) -> Path:
    """The platform's folder for configuration, where the recovery key lies (apart from the data on purpose).

    KEHU_CONFIG names another folder.
    """
    if chosen := environ.get("KEHU_CONFIG"):
        return Path(chosen).expanduser().absolute()
    if sys.platform == "win32":
        return Path(environ.get("APPDATA") or Path.home() / "AppData" / "Roaming") / "Kehu"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Preferences" / "Kehu"
    return Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "kehu"


def _read_file(file: Path) -> dict[str, object]:
    try:
        found: dict[str, object] = tomllib.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise BadInput("settings.invalid", file=str(file), name=type(error).__name__) from error
    for name in found:
        if name not in KNOWN:
            raise BadInput("settings.invalid", file=str(file), name=name)
    return found


def _hosts(value: object, folder: Path) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) for one in value):
        raise BadInput("settings.invalid", file=str(folder / "settings.toml"), name="hosts")
    return tuple(str(one).strip().lower() for one in value)


def _text(value: object, name: str, folder: Path) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    raise BadInput("settings.invalid", file=str(folder / "settings.toml"), name=name)
