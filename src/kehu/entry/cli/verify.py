"""`kehu verify`: everything that the ledger keeps, computed again and compared."""

from __future__ import annotations

import click

from kehu.base.errors import NotAllowed
from kehu.core.access.permissions import may
from kehu.entry.cli.shell import Shell, pass_shell
from kehu.features.verification.service import verify

FAULTS = 6


@click.command("verify")
@pass_shell
def verify_command(shell: Shell) -> int:
    """核对整本台账 / verify the whole ledger."""
    with shell.read() as ctx:
        if not may(ctx, None, "verify"):
            raise NotAllowed("verify.not_allowed")
        found = verify(ctx)
    faults = sum(int(check["faults"]) for check in found["checks"])
    code = "verify.ok" if found["ok"] else "verify.not_ok"
    lines = [shell.text(code, checks=len(found["checks"]), faults=faults)]
    for check in found["checks"]:
        lines.append(f"  {'✓' if not check['faults'] else '✗'} {check['name']}: {check['items']:,}")
        lines += [f"      {example}" for example in check["examples"]]
    shell.result(found, "\n".join(lines))
    return 0 if found["ok"] else FAULTS
