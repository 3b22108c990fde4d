"""`kehu user` and `kehu token`: who may sign in."""

from __future__ import annotations

import click

from kehu.base.db.types import instant_text
from kehu.base.errors import NotAllowed, NotFound
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
        _about(account),
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
        _about(account) | {"state": "disabled"},
        shell.text("user.disabled", name=account.name),
    )


@user_command.command("enable")
@click.argument("name")
@pass_shell
def enable(shell: Shell, name: str) -> None:
    """重新启用账号，密码不变 / enable an account again."""
    with shell.write() as ctx:
        _allowed(ctx, "accounts")
        account = service.require_account(ctx.tx, name)
        service.enable_account(ctx, account)
    shell.result(
        _about(account) | {"state": "active"},
        shell.text("user.enabled", name=account.name),
    )


@user_command.command("role")
@click.argument("name")
@click.argument("role")
@pass_shell
def role_(shell: Shell, name: str, role: str) -> None:
    """换角色，下一步操作就生效 / give another role."""
    with shell.write() as ctx:
        _allowed(ctx, "accounts")
        account = service.require_account(ctx.tx, name)
        service.set_roles(ctx, account, [role])
    shell.result({"user": account.name, "role": role}, shell.text("user.role_set", name=account.name, role=role))


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
        secret, expires = tokens.add_token(ctx, _owner(ctx, name), days=days, label=label)
    shell.show({"token": secret, "expires": instant_text(expires)}, secret)


@token_command.command("list")
@click.option("--user", "name", required=True, metavar="NAME", help="谁的 / whose")
@pass_shell
def list_tokens(shell: Shell, name: str) -> None:
    """还能用的令牌，不含令牌本身 / tokens that still work, never the secrets."""
    with shell.read() as ctx:
        account = _owner(ctx, name)
        items = tokens.list_tokens(ctx, account.id)
    lines = [f"{one['id']}\t{one['label'] or ''}\t{one['expires_at']}" for one in items]
    shell.result({"items": items}, "\n".join(lines))


@token_command.command("end")
@click.argument("number", type=int, metavar="ID")
@click.option("--user", "name", required=True, metavar="NAME", help="谁的 / whose")
@pass_shell
def end_token(shell: Shell, number: int, name: str) -> None:
    """停用一个令牌 / end a token."""
    with shell.write() as ctx:
        if not tokens.end_token(ctx, _owner(ctx, name).id, number):
            raise NotFound("token.unknown")
    shell.result({"ended": number}, shell.text("token.ended", id=number))


def _about(account: service.Account) -> dict[str, str | None]:
    """How an account is told of."""
    return {"user": account.name, "role": account.roles[0] if account.roles else None}


def _owner(ctx: Ctx, name: str) -> service.Account:
    """Whose tokens are meant: one's own, or with the right to tokens anybody's."""
    account = service.require_account(ctx.tx, name)
    if account.id != ctx.actor.id:
        _allowed(ctx, "tokens")
    return account


def _allowed(ctx: Ctx, action: str) -> None:
    if not may(ctx, None, action):
        raise NotAllowed("account.not_allowed")
