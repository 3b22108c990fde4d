"""`kehu user` and `kehu token`: who may sign in."""

from __future__ import annotations

import click

from kehu.base.db.types import instant_text
from kehu.base.errors import NotAllowed
from kehu.core.access.permissions import may
from kehu.core.access.roles import ROLES
from kehu.core.accounts import service, tokens
from kehu.core.context import Ctx
from kehu.entry.cli.shell import Shell, pass_shell, password_from

STDIN = click.option("--password-stdin", is_flag=True, help="从标准输入读密码 / read the password from stdin")
TRIAL = click.option("--password", metavar="PW", help="只用来试：命令行上的密码别人看得到 / for trials only")


@click.group("user")
def user_command() -> None:
    """账号 / accounts."""


@user_command.command("add")
@click.argument("name")
@click.option("--role", required=True, metavar="ROLE", help=f"角色 / role: {', '.join(ROLES)}")
@STDIN
@TRIAL
@pass_shell
def add(shell: Shell, name: str, role: str, password_stdin: bool, password: str | None) -> None:
    """加一个账号 / add an account."""
    given = password_stdin or password is not None
    secret = password_from(password_stdin, password) if given else None
    with shell.write() as ctx:
        _allowed(ctx, "accounts")
        made = service.add_account(ctx, name, [role], password=secret)
    if secret is None:
        shell.say("user.no_password", name=made.name)
    shell.result({"user": made.name, "role": role, "id": made.id}, shell.text("user.added", name=made.name, role=role))


@user_command.command("list")
@pass_shell
def list_(shell: Shell) -> None:
    """有哪些账号 / list accounts."""
    with shell.read() as ctx:
        _allowed(ctx, "accounts")
        found = service.list_accounts(ctx)
    items = [
        {"id": one.id, "user": one.name, "role": one.roles[0] if one.roles else None, "roles": list(one.roles),
         "state": one.state}
        for one in found
    ]  # fmt: skip
    shell.result({"items": items}, "\n".join(f"{one.name}\t{','.join(one.roles)}\t{one.state}" for one in found))


@user_command.command("passwd")
@click.argument("name")
@STDIN
@TRIAL
@pass_shell
def passwd(shell: Shell, name: str, password_stdin: bool, password: str | None) -> None:
    """换密码，登录着的都退出 / set a password; sessions end."""
    secret = password_from(password_stdin, password)
    with shell.write() as ctx:
        account = service.require_account(ctx.tx, name)
        if account.id != ctx.actor.id:
            _allowed(ctx, "accounts")
        service.set_password(ctx, account, secret)
    shell.result(
        {"user": account.name, "role": account.roles[0] if account.roles else None},
        shell.text("user.password_set", name=account.name),
    )


@user_command.command("disable")
@click.argument("name")
@pass_shell
def disable(shell: Shell, name: str) -> None:
    """停用账号 / disable an account."""
    with shell.write() as ctx:
        _allowed(ctx, "accounts")
        account = service.require_account(ctx.tx, name)
        service.disable_account(ctx, account)
    shell.result(
        {"user": account.name, "role": account.roles[0] if account.roles else None, "state": "disabled"},
        shell.text("user.disabled", name=account.name),
    )


@click.group("token")
def token_command() -> None:
    """程序用的令牌 / tokens of programs."""


@token_command.command("add")
@click.option("--user", "name", required=True, metavar="NAME", help="以谁的权限 / whose rights")
@click.option("--days", type=int, metavar="N", help=f"用几天，默认 {tokens.DAYS} / days")
@click.option("--label", metavar="TEXT", help="备注 / label")
@pass_shell
def add_token(shell: Shell, name: str, days: int | None, label: str | None) -> None:
    """发一个令牌，只显示这一次 / make a token, shown once."""
    with shell.write() as ctx:
        account = service.require_account(ctx.tx, name)
        if account.id != ctx.actor.id:
            _allowed(ctx, "tokens")
        secret, expires = tokens.add_token(ctx, account, days=days, label=label)
    shell.show({"token": secret, "expires": instant_text(expires)}, secret)


def _allowed(ctx: Ctx, action: str) -> None:
    if not may(ctx, None, action):
        raise NotAllowed("account.not_allowed")
