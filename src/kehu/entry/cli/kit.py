"""`kehu kit`: industry kits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import click

from kehu.base.errors import NotAllowed
from kehu.core.access.permissions import may
from kehu.core.jobs.table import add_job, added_jobs
from kehu.entry.cli.follow import follow
from kehu.entry.cli.shell import Shell, pass_shell
from kehu.features.kits import service


@click.group("kit")
def kit_command() -> None:
    """行业模板 / industry kits."""


@kit_command.command("list")
@pass_shell
def list_(shell: Shell) -> None:
    """有哪些模板 / list kits."""
    items = service.list_kits()
    shell.result({"items": items}, "\n".join(_line(shell, one) for one in items))


@kit_command.command("show")
@click.argument("kit")
@pass_shell
def show(shell: Shell, kit: str) -> None:
    """模板里有什么 / what a kit holds."""
    read = service.load_kit(kit)
    items = [{"kind": "entity", "entity": key} for key in service.own_entities(read)]
    items += [{"kind": "field", "entity": entity, "field": one.key} for entity, one in service.own_fields(read)]
    items += [{"kind": "view", "entity": view["entity"], "view": view["name"][0]} for view in read.views]
    shell.result(service.show_kit(kit), "\n".join([_line(shell, service.about(read)), *_listed(shell, read, items)]))


@kit_command.command("diff")
@click.argument("kit")
@pass_shell
def diff(shell: Shell, kit: str) -> None:
    """模板和台账差在哪 / compare a kit with the ledger."""
    with shell.read() as ctx:
        if not may(ctx, None, "catalog"):
            raise NotAllowed("catalog.not_allowed")
        told = service.diff_kit(ctx, kit)
    read = service.load_kit(kit)
    lines: list[str] = []
    for part in ("missing", "moved", "kept"):
        if told[part]:
            lines += [shell.text(f"kit.{part}"), *_listed(shell, read, told[part])]
    if not told["missing"] and not told["moved"]:
        lines.insert(0, shell.text("kit.same", label=read.label.of(shell.lang)))
    shell.result(told, "\n".join(lines))


@kit_command.command("apply")
@click.argument("kit")
@click.option("--dry-run", is_flag=True, help="试运行 / rehearse only")
@pass_shell
def apply(shell: Shell, kit: str, dry_run: bool) -> None:
    """把模板装进台账 / bring a kit into the ledger."""
    with shell.write() as ctx:
        if not may(ctx, None, "catalog"):
            raise NotAllowed("catalog.not_allowed")
        made = service.apply_kit(ctx, kit, preview=dry_run)
        if made.get("indexes_pending"):
            add_job(ctx, "indexes", {})
        jobs = list(added_jobs(ctx))
    for job in jobs:
        follow(shell, job)
    new = Counter(effect["kind"] for effect in made["preview"]["effects"])
    counts = {"entities": new["entity.new"], "fields": new["field.new"], "views": new["view.new"]}
    told = "kit.would" if dry_run else "kit.unchanged" if made["changeset"] is None else "kit.applied"
    label = service.load_kit(kit).label.of(shell.lang)
    shell.result(made, shell.text(told, label=label, changeset=made["changeset"], **counts))


def _line(shell: Shell, kit: Mapping[str, Any]) -> str:
    words = {key: kit[key][shell.lang] for key in ("label", "description")}
    numbers = {"fields": kit["own_fields"], "views": kit["views"], "samples": kit["sample_customers"]}
    return shell.text("kit.line", kit=kit["kit"], **words, **numbers)


def _listed(shell: Shell, kit: service.Kit, items: Iterable[Mapping[str, str]]) -> list[str]:
    """Lines that name what a comparison lists, in words: kinds of records, fields, options and views."""
    lang = shell.lang
    found: dict[tuple[str, str, str], list[str]] = {}
    for one in items:
        entity = kit.entities[one["entity"]]
        field = entity.fields.get(one.get("field", ""))
        name = field.label.of(lang) if field is not None else ""
        if one["kind"] == "entity":
            found.setdefault(("entities", "", ""), []).append(entity.label.of(lang))
        elif one["kind"] == "view":
            view = next(view for view in kit.views if view["name"][0] == one["view"])
            found.setdefault(("views", "", ""), []).append(view["name"][0 if lang == "zh-CN" else 1])
        elif one["kind"] == "option" and field is not None:
            option = field.option(one["option"])
            label = one["option"] if option is None else option.label.of(lang)
            found.setdefault(("options", entity.label.of(lang), name), []).append(label)
        else:
            found.setdefault(("fields", entity.label.of(lang), ""), []).append(name)
    comma = "、" if lang == "zh-CN" else ", "
    return [
        shell.text(f"kit.{what}", entity=entity, field=field, names=comma.join(names))
        for (what, entity, field), names in found.items()
    ]
