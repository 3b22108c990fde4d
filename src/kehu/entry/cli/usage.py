"""Mistakes in the command line itself, told in the user's language: the parser's own sentences are English."""

from __future__ import annotations

import click

from kehu.base.common.messages import message
from kehu.base.settings import Lang


def sentence(error: click.ClickException, lang: Lang) -> str:
    """What is wrong with the words that were given."""
    code, data = _told(error)
    return message(code, lang, **data)


def help_line(error: click.ClickException, lang: Lang) -> str:
    """Where to read how it is written; nothing when no command was reached."""
    at = error.ctx if isinstance(error, click.UsageError) else None
    return message("usage.help", lang, command=at.command_path) if at is not None else ""


def _told(error: click.ClickException) -> tuple[str, dict[str, object]]:
    at = error.ctx if isinstance(error, click.UsageError) else None
    match error:
        case click.NoSuchOption():
            return "usage.option_unknown", {"option": error.option_name}
        case click.BadOptionUsage():
            return "usage.option_value", {"option": error.option_name}
        case click.MissingParameter():
            return "usage.missing", {"name": _name(error)}
        case click.BadParameter():
            kind = error.param.type if error.param is not None else None
            if isinstance(kind, click.Choice):
                return "usage.choice", {"name": _name(error), "choices": list(kind.choices)}
            if isinstance(kind, click.IntRange):
                if kind.max is None:
                    return "usage.number_least", {"name": _name(error), "least": kind.min}
                return "usage.number_range", {"name": _name(error), "least": kind.min, "most": kind.max}
            if isinstance(kind, type(click.INT)):
                return "usage.number", {"name": _name(error)}
            return "usage.invalid", {"name": _name(error)}
        case click.exceptions.NoSuchCommand():
            commands = at.command.list_commands(at) if at is not None and isinstance(at.command, click.Group) else []
            return "usage.command_unknown", {"command": error.command_name, "commands": commands}
        case click.UsageError() if at is not None and isinstance(at.command, click.Group):
            return "usage.command_missing", {"commands": at.command.list_commands(at)}
        case click.UsageError():
            return "usage.too_much", {}
    return "usage.invalid", {"name": error.format_message()}


def _name(error: click.BadParameter) -> str:
    """The parameter as it is written: `--entity`, `ENTITY`."""
    if error.param is None:
        return str(error.param_hint or "")
    if isinstance(error.param, click.Option):
        return error.param.opts[-1]
    return error.param.make_metavar(error.ctx) if error.ctx is not None else str(error.param.name)
