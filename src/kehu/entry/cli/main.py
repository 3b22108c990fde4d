"""`kehu`: global options, the table of commands, and the one place where errors become exit codes."""

from __future__ import annotations

import importlib
import os
import sys
import time
from collections.abc import Sequence
from typing import Any

import click

from kehu import __version__
from kehu.base.common.report import set_up_logging
from kehu.base.errors import KehuError, Unreachable
from kehu.base.settings import Settings, from_locale, load_settings, platform_data
from kehu.entry.cli.shell import INTERRUPTED, Shell, dump
from kehu.entry.cli.usage import help_line, sentence

# Command → module of this folder that holds it under the same name (dashes and keywords as underscores).
COMMANDS = {
    "init": "init_",
    "serve": "serve",
    "worker": "worker",
    "import": "import_",
    "export": "export",
    "query": "query",
    "aggregate": "query",
    "set": "records",
    "create": "records",
    "delete": "records",
    "history": "records",
    "changesets": "changesets",
    "undo": "changesets",
    "verify": "verify",
    "catalog": "catalog",
    "field": "catalog",
    "kit": "kit",
    "user": "user",
    "token": "user",
    "backup": "backup",
    "restore": "backup",
    "doctor": "doctor",
    "openapi": "doctor",
}
SHELLS = "kehu.shells"
REPEATABLE = frozenset({"set", "create", "delete", "undo"})  # one unit of work, nothing told before its end
TRIES = 4
GLOBAL_FLAGS = ("--json", "--quiet")
GLOBAL_VALUES = ("--data", "--lang", "--as")


class Commands(click.Group):
    """Loads a command's module when it is called, so that `kehu --help` starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        found = getattr(importlib.import_module(f"kehu.entry.cli.{module}"), f"{cmd_name}_command")
        assert isinstance(found, click.Command)
        return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--data", metavar="DIR", help="数据文件夹（或 KEHU_DATA）/ data folder")
@click.option("--lang", metavar="zh-CN|en", help="语言（或 KEHU_LANG）/ language")
@click.option("--as", "as_name", metavar="NAME", help="以这个账号的权限做 / act with this user's rights")
@click.option("--json", "as_json", is_flag=True, help="标准输出只有一个 JSON / one JSON object on stdout")
@click.option("--quiet", is_flag=True, help="少说话 / say less")
@click.version_option(__version__, prog_name="kehu")
@click.pass_context
def kehu(
    ctx: click.Context, data: str | None, lang: str | None, as_name: str | None, as_json: bool, quiet: bool
) -> None:
    """Kehu 客户台账: 客户台账放在自己的电脑上 / a self-hosted customer ledger."""
    ctx.obj = Shell(load_settings(data, lang=lang), as_name=as_name, json=as_json, quiet=quiet)
    ctx.meta[SHELLS].append(ctx.obj)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    given = hoist(list(sys.argv[1:] if arguments is None else arguments))
    as_json = "--json" in given
    set_up_logging(full=os.environ.get("KEHU_DEBUG", "") not in ("", "0"), level=30)
    shells: list[Shell] = []
    try:
        return _run(given, shells)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except click.ClickException as error:
        return _misused(error, given, as_json)
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:  # noqa: BLE001 the last net: whatever it is becomes a sentence and a code
        return (shells[0] if shells else _shell(given, as_json)).fail(error)
    finally:
        for shell in shells:
            shell.close()


def _run(given: list[str], shells: list[Shell]) -> int:
    """Run the command; again when the database rolled it back because two changes locked each other out."""
    for attempt in range(1, TRIES + 1):
        try:
            with kehu.make_context("kehu", list(given)) as ctx:
                ctx.meta[SHELLS] = shells
                code = ctx.command.invoke(ctx)
                return code if isinstance(code, int) else 0
        except Unreachable as error:
            if error.code != "database.again" or attempt == TRIES or REPEATABLE.isdisjoint(given):
                raise
            time.sleep(0.05 * attempt)
    raise AssertionError("unreachable")


def hoist(arguments: list[str]) -> list[str]:
    """Move global options to the front, so that they may stand anywhere before `--`."""
    front: list[str] = []
    rest: list[str] = []
    left = iter(arguments)
    for one in left:
        if one == "--":
            rest += [one, *left]
        elif one in GLOBAL_FLAGS:
            front.append(one)
        elif one in GLOBAL_VALUES:
            front += [one, *([value] if (value := next(left, None)) is not None else [])]
        elif one.startswith(tuple(f"{name}=" for name in GLOBAL_VALUES)):
            front.append(one)
        else:
            rest.append(one)
    return front + rest


def _misused(error: click.ClickException, given: list[str], as_json: bool) -> int:
    """Tell a mistake in the words themselves."""
    shell = _shell(given, as_json)
    if as_json:
        _out({"error": {"code": "usage", "message": sentence(error, shell.lang), "details": []}})
    elif isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
    else:
        for line in (sentence(error, shell.lang), help_line(error, shell.lang)):
            click.echo(line, err=True)
    return 2


def _shell(arguments: list[str], as_json: bool) -> Shell:
    """A shell to tell an error with, also when the settings themselves are what is wrong."""
    try:
        with kehu.make_context("kehu", arguments, resilient_parsing=True) as ctx:
            lang = ctx.params.get("lang")
            return Shell(load_settings(ctx.params.get("data"), lang=lang), json=as_json)
    except KehuError:
        return Shell(Settings(platform_data(), lang=from_locale(os.environ)), json=as_json)


def _out(data: dict[str, Any]) -> None:
    sys.stdout.buffer.write(dump(data) + b"\n")
    sys.stdout.buffer.flush()
