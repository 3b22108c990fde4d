"""`kehu doctor` and `kehu openapi`: what is set, what is wrong, what the interface looks like."""

from __future__ import annotations

import importlib
from typing import Any

import click

from kehu.entry.cli.shell import Shell, pass_shell
from kehu.features.backup.jobs import daily_backups
from kehu.features.diagnosis.service import Finding, diagnose, settings_of, versions_of
from kehu.runtime import server_runs


@click.command("doctor")
@pass_shell
def doctor_command(shell: Shell) -> int:
    """看看哪里要留意 / look for trouble."""
    findings: list[Finding] = []
    versions = versions_of(None)
    settings = settings_of(shell.settings) | {"server": server_runs(shell.settings)}
    try:
        runtime = shell.open()
    except Exception as error:  # noqa: BLE001 whatever keeps the ledger closed is the finding
        code = getattr(error, "code", "bug")
        data = getattr(error, "data", {"report": type(error).__name__})
        findings.append(Finding("error", code, {**data}))
    else:
        with runtime.read(shell.who, shell.lang) as ctx:
            versions = versions_of(ctx)
            findings += diagnose(ctx, shell.settings, daily_backups(shell.settings.data))
    told = [_told(shell, one) for one in findings]
    ok = all(one.level != "error" for one in findings)
    marks = {"error": "✗", "warning": "!", "info": "·"}
    lines = [f"{marks[one['level']]} {_line(shell, one)}" for one in told]
    lines.append(shell.text("doctor.ok" if ok else "doctor.not_ok"))
    shell.result({"ok": ok, "findings": told, "settings": settings, "versions": versions}, "\n".join(lines))
    return 0 if ok else 6


def _line(shell: Shell, told: dict[str, Any]) -> str:
    message, advice = str(told["message"]), str(told["advice"])
    return shell.text("doctor.advised", message=message, advice=advice) if advice else message


def _told(shell: Shell, one: Finding) -> dict[str, Any]:
    advice = f"{one.code}.advice"
    text = shell.text(advice, **one.data)
    return {
        "level": one.level, "code": one.code, "message": shell.text(one.code, **one.data),
        "advice": "" if text == advice else text,
    }  # fmt: skip


@click.command("openapi")
@pass_shell
def openapi_command(shell: Shell) -> None:
    """接口的 OpenAPI 文档 / the OpenAPI document."""
    document = importlib.import_module("kehu.entry.api.app").openapi_bytes()
    shell.json = True  # the document is the result in either mode
    shell.result(document)
