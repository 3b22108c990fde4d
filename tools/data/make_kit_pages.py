"""Writes docs/user/kits.md and kits.en.md from the kits themselves; a test refuses pages that are no longer true."""

import sys
from pathlib import Path
from typing import Literal

from kehu.base.schema.codec import read_label
from kehu.base.schema.model import Label
from kehu.features.kits.service import Kit, about, kit_names, load_kit, own_entities, own_fields

ROOT = Path(__file__).parents[2]
Lang = Literal["zh-CN", "en"]
TRADES = (
    "clothing beauty retail ecommerce restaurant cafe real_estate mother_baby hotel internet manufacturing"
    " software services projects"
).split()
TEXTS = {
    "zh-CN": {
        "head": "# 选行业模板\n\n[English](kits.en.md) · [目录](../index.md)\n",
        "intro": (
            "模板决定新台账先有哪些字段、记录种类和视图，以后都能改。每个行业都在「通用」之上，通用里的"
            "客户、联系人、跟进、订单、合同、回款、服务与反馈一样不少。\n\n"
            "第一次打开网页时选，或者用命令建：`kehu init --kit clothing …`。"
            "勾「先放一些样例客户试试」会多出 60 位虚构的客户，连同联系人、跟进、订单和待办，日子都接着今天；"
            "看明白了，在变更集里撤销「放入样例」那一笔，就只剩空台账。\n\n"
            "已经有台账，也能再装一个：`kehu kit diff cafe` 先看差在哪，`kehu kit apply cafe --dry-run` 试运行，"
            "`kehu kit apply cafe` 装上。装模板和装它的新版本都不动你的数据，你改过、藏起、删掉的保持原样；"
            "整个是一笔变更集，可以撤销。\n"
        ),
        "table": "| 模板 | 名字 | 多出的字段 | 多出的记录 | 视图 | 样例客户 |\n|---|---|---|---|---|---|",
        "fields": "字段",
        "entities": "记录种类",
        "safety": "安全提示的常用词",
        "views": "视图",
        "join": "、",
        "colon": "：",
        "none": "—",
    },
    "en": {
        "head": "# Choosing a kit\n\n[中文](kits.md) · [Contents](../index.en.md)\n",
        "intro": (
            "A kit decides which fields, kinds of records and views a new ledger begins with; all of it can be\n"
            "changed later. Every trade comes on top of `general`: customers, contacts, follow-ups, orders,\n"
            "contracts, payments, service and feedback are always there.\n\n"
            "Choose it on the first page of a new ledger, or with `kehu init --kit clothing …`. "
            "With “Put in some sample customers to try”\n"
            "you get 60 invented customers with contacts, follow-ups, orders and tasks that lead up to today; undo\n"
            "the change-set “Add samples” and an empty ledger is left.\n\n"
            "A ledger may take a further kit later: `kehu kit diff cafe` compares, `kehu kit apply cafe --dry-run`\n"
            "rehearses, `kehu kit apply cafe` applies. Neither a kit nor its newer version touches data, and what\n"
            "you changed, hid or deleted stays so; all is one change-set that can be undone.\n"
        ),
        "table": "| Kit | Name | Own fields | Own records | Views | Sample customers |\n|---|---|---|---|---|---|",
        "fields": "Fields",
        "entities": "Kinds of records",
        "safety": "Words for safety notes",
        "views": "Views",
        "join": ", ",
        "colon": ": ",
        "none": "–",
    },
}


def page(lang: Lang) -> str:
    """The page in one language."""
    words, kits = TEXTS[lang], [load_kit(name) for name in TRADES]
    rows = []
    for kit in kits:
        told = about(kit)
        numbers = (told["own_fields"], len(told["own_entities"]), told["views"], told["sample_customers"])
        rows.append(f"| {kit.label.of(lang)} | `{kit.name}` | {' | '.join(map(str, numbers))} |")
    parts = [words["head"], words["intro"], "\n".join([words["table"], *rows]) + "\n"]
    parts += [_section(kit, lang) for kit in kits]
    return "\n".join(parts)


def _section(kit: Kit, lang: Lang) -> str:
    words, new = TEXTS[lang], own_entities(kit)
    by_entity: dict[str, list[Label]] = {}
    for entity, field in own_fields(kit):
        if entity not in new:
            by_entity.setdefault(entity, []).append(field.label)
    lines = [f"## {kit.label.of(lang)} `{kit.name}`\n", f"{kit.description.of(lang)}{'。' if lang != 'en' else '.'}\n"]
    for entity, labels in by_entity.items():
        title = words["fields"] if entity == "customer" else kit.entities[entity].label.of(lang)
        lines.append(_line(title, labels, lang))
    for key in new:
        inside = [field.label for field in kit.entities[key].fields.values()]
        lines.append(_line(f"{words['entities']} {kit.entities[key].label.of(lang)}", inside, lang))
    before = load_kit(str(kit.extends)).entities["safety_note"].fields["items"].options
    options = kit.entities["safety_note"].fields["items"].options
    lines.append(_line(words["safety"], [option.label for option in options if option not in before], lang))
    lines.append(_line(words["views"], [read_label(view["name"]) for view in kit.views], lang))
    return "\n".join(lines) + "\n"


def _line(title: str, labels: list[Label], lang: Lang) -> str:
    words = TEXTS[lang]
    return f"- {title}{words['colon']}{words['join'].join(label.of(lang) for label in labels) or words['none']}"


def main() -> int:
    """Write both pages."""
    if sorted([*TRADES, "general"]) != kit_names():
        raise SystemExit("TRADES in this file does not name every kit")
    for lang, name in (("zh-CN", "kits.md"), ("en", "kits.en.md")):
        (ROOT / "docs" / "user" / name).write_text(page(lang), encoding="utf-8", newline="\n")  # type: ignore[arg-type]
    return 0


if __name__ == "__main__":
    sys.exit(main())
