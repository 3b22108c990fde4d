"""`kehu init`: a new ledger with a kit and an administrator."""

from __future__ import annotations

import click

from kehu.base.common.lockfile import Held
from kehu.base.errors import Conflict
from kehu.entry.cli.shell import Shell, pass_shell, password_from
from kehu.runtime import SetUpRequest, server_lock


@click.command("init")
@click.option("--kit", required=True, metavar="KIT", help="行业模板 / industry kit")
@click.option("--name", "firm", metavar="FIRM", help="公司名 / name of the firm")
@click.option("--samples", is_flag=True, help="放一些样例 / add samples")
@click.option("--admin", required=True, metavar="NAME", help="管理员的账号 / administrator's account")
@click.option("--password-stdin", is_flag=True, help="从标准输入读密码 / read the password from stdin")
@click.option(
    "--password", metavar="PW", help="只用来试：命令行上的密码别人看得到 / for trials only, others can see it"
)
@pass_shell
def init_command(
    shell: Shell, kit: str, firm: str | None, samples: bool, admin: str, password_stdin: bool, password: str | None
) -> None:
    """新建台账 / make a new ledger."""
    secret = password_from(password_stdin, password)
    settings = shell.settings
    settings.make_folders()
    try:
        with server_lock(settings):
            runtime = shell.open(create=True)
            made = runtime.set_up(
                SetUpRequest(kit=kit, admin=admin, password=secret, firm=firm, samples=samples, lang=shell.lang)
            )
    except Held as error:
        raise Conflict("server.runs", folder=str(settings.data)) from error
    if made.recovery_key is not None:
        shell.say("init.recovery_key", key=made.recovery_key)
    shell.result(
        {
            "data": str(settings.data),
            "database": settings.database,
            "kit": made.kit,
            "entities": made.entities,
            "fields": made.fields,
            "catalog_version": made.catalog_version,
        },
        shell.text("init.done", folder=str(settings.data), kit=made.kit, entities=made.entities, fields=made.fields),
    )
