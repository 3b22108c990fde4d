"""What every command shares: settings, who acts, how results and errors are told.

With --json stdout holds exactly one JSON object; everything else goes to stderr. A person never sees a traceback
unless KEHU_DEBUG=1.
"""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import click
import orjson
import sqlalchemy as sa

from kehu.base.common.messages import message
from kehu.base.common.report import new_report_id, trace_of
from kehu.base.errors import BadInput, FieldError, KehuError
from kehu.base.settings import Lang, Settings, load_settings
from kehu.core.accounts.service import actor_of, require_account
from kehu.core.context import Actor, Ctx
from kehu.runtime import Runtime

INTERRUPTED = 130


@dataclass(slots=True)
class Shell:
    """One run of the command line."""

    settings: Settings
    as_name: str | None = None
    json: bool = False
    quiet: bool = False
    _runtime: Runtime | None = field(default=None, repr=False)

    @property
    def lang(self) -> Lang:
        """Language of all texts."""
        return self.settings.lang

    @property
    def on_terminal(self) -> bool:
        """Whether a person reads the result: no --json, and stdout is a terminal."""
        return not self.json and sys.stdout.isatty()

    # --- the ledger --------------------------------------------------------------------------------------------

    @property
    def runtime(self) -> Runtime:
        """The open ledger; opened at first use. Raises BadInput `ledger.missing` for a folder without one."""
        if self._runtime is None:
            if not self.open().is_set_up():
                raise BadInput("ledger.missing", folder=str(self.settings.data))
        assert self._runtime is not None
        return self._runtime

    def open(self, *, create: bool = False) -> Runtime:
        """Open the ledger, set up or not; it is closed at the end. create: make one where none is."""
        with Progress(self) as progress:

            def renewing(done: int, total: int) -> None:
                if not progress.begun:
                    self.say("search.renewing", count=total)
                progress.show(done, total)

            runtime = Runtime.open(self.settings, create=create, renewing=renewing)
        self._runtime = runtime
        return runtime

    def close(self) -> None:
        """Close the ledger if it was opened."""
        if self._runtime is not None:
            self._runtime.close()
            self._runtime = None

    def who(self, connection: sa.Connection) -> Actor:
        """Who acts: the account of --as, else the administrator of the machine under the OS user's name."""
        if self.as_name is None:
            return Actor("command_line", None, f"command line ({os_user()})")
        return actor_of(connection, require_account(connection, self.as_name).id)

    @contextmanager
    def read(self) -> Iterator[Ctx]:
        """A reading unit of work."""
        with self.runtime.read(self.who, self.lang) as ctx:
            yield ctx

    @contextmanager
    def write(self) -> Iterator[Ctx]:
        """A writing unit of work."""
        with self.runtime.write(self.who, self.lang) as ctx:
            yield ctx

    # --- telling -----------------------------------------------------------------------------------------------

    def text(self, code: str, **data: object) -> str:
        """A sentence in the user's language."""
        return message(code, self.lang, **data)

    def say(self, code: str, **data: object) -> None:
        """Tell something on the way: stderr, not with --quiet."""
        if not self.quiet:
            click.echo(self.text(code, **data), err=True)

    def show(self, data: Any, text: str) -> None:
        """A result that is shown once and never again: also with --quiet."""
        if self.json:
            _out(dump(data) + b"\n")
        else:
            _out(text.encode("utf-8", "replace") + b"\n")

    def result(self, data: Any, text: str | None = None) -> None:
        """The command's result: the object with --json, else `text` (or the object, readable)."""
        if self.json:
            raw = data if isinstance(data, bytes) else dump(data)
            _out(raw + b"\n")
        elif text is not None:
            if text and not self.quiet:
                _out(text.encode("utf-8", "replace") + b"\n")
        else:
            plain = orjson.loads(data) if isinstance(data, bytes) else data
            _out(orjson.dumps(plain, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=str) + b"\n")

    def fail(self, error: BaseException) -> int:
        """Tell an error in one clear sentence; return the exit code."""
        if isinstance(error, KehuError):
            code, data, exit_code = error.code, error.data, error.exit_code
            sentence = self.text(code, **data)
            details = [self._detail(one) for one in error.errors]
            details += [dict(one) for one in getattr(error, "conflicts", ())]
        else:
            report = new_report_id()
            code, exit_code, details = "bug", 1, [{"report": report}]
            sentence = self.text("bug", report=report)
            self._note_bug(report, error)
        if self.json:
            _out(dump({"error": {"code": code, "message": sentence, "details": details}}) + b"\n")
        else:
            click.echo(sentence, err=True)
            for one in details:
                if one.get("message") and one["message"] != sentence:
                    click.echo(f"  {one.get('field', '')}: {one['message']}", err=True)
        if self.settings.debug:
            import traceback

            traceback.print_exception(error)
        return exit_code

    def _detail(self, error: FieldError) -> dict[str, Any]:
        told: dict[str, Any] = {
            "field": error.field,
            "code": error.code,
            "message": self.text(error.code, **{"field": error.field, **error.data}),
        }
        if error.row is not None:
            told["row"] = error.row
        if error.cell is not None:
            told["cell"] = error.cell
        return told

    def _note_bug(self, report: str, error: BaseException) -> None:
        """Keep the place of a bug in a file that can be sent along; it holds no values."""
        try:
            self.settings.tmp.mkdir(parents=True, exist_ok=True)
            (self.settings.tmp / f"report-{report}.txt").write_text(trace_of(error), encoding="utf-8")
        except OSError:
            click.echo(trace_of(error), err=True)


class Progress:
    """One line that counts, on a terminal only."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._on = sys.stderr.isatty() and not shell.quiet
        self._last = ""
        self.begun = False

    def show(self, done: int, total: int | None) -> None:
        """Tell how far it is."""
        self.begun = True
        if not self._on:
            return
        text = f"{done:,} / {total:,}" if total else f"{done:,}"
        if text != self._last:
            sys.stderr.write(f"\r{text}  ")
            sys.stderr.flush()
            self._last = text

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._last:
            sys.stderr.write("\r" + " " * (len(self._last) + 2) + "\r")
            sys.stderr.flush()


pass_shell = click.make_pass_decorator(Shell)


def os_user() -> str:
    """Name of the person at the machine, as the system knows him."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return str(os.getuid()) if hasattr(os, "getuid") else "user"


def dump(data: object) -> bytes:
    """JSON bytes."""
    return orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS, default=str)


def parse_json(text: str, option: str) -> Any:
    """JSON given on the command line. Raises BadInput naming the option."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadInput("json.option", field=option, column=error.colno) from error


def words(text: str | None) -> list[str]:
    """A list written with commas."""
    return [one.strip() for one in (text or "").replace("，", ",").split(",") if one.strip()]


def password_from(stdin: bool, given: str | None) -> str:
    """A password: from stdin (first line), from the option, or asked for on a terminal."""
    if stdin:
        line = sys.stdin.readline()
        return line.rstrip("\r\n")
    if given is not None:
        return given
    if sys.stdin.isatty():
        return str(click.prompt("密码 / password", hide_input=True, confirmation_prompt=True, err=True))
    raise BadInput("password.needed", field="password")


def make_settings(data: str | None, lang: str | None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings for a run of the command line."""
    return load_settings(data, lang=lang, environ=environ)


def _out(raw: bytes) -> None:
    sys.stdout.buffer.write(raw)
    sys.stdout.buffer.flush()
