"""Customers as they stand in real workbooks, any number of them, the same in every run."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

HEADER = ("客户名称", "客户性质", "联系人", "手机", "简称", "所属行业", "主营业务", "备注")
_CITIES = "杭州 苏州 宁波 上海 无锡 南京 合肥 武汉 成都 重庆 广州 深圳 东莞 佛山 厦门 青岛 济南 郑州 长沙 西安".split()
_NAMES = "澜屿 恒岚 拾禾 启澜 桐语 云朵 青禾 远帆 汇川 明德 瑞祥 金桥 华信 博雅 天成 锦程 嘉业 安泰 宏图 鼎盛".split()
_TRADES = (
    ("软件", "信息技术", "企业软件研发"),
    ("精密机械", "制造业", "非标自动化设备"),
    ("进出口", "批发零售", "跨境日用百货"),
    ("教育咨询", "教育", "职业培训"),
    ("酒店管理", "住宿餐饮", "连锁酒店运营"),
    ("餐饮管理", "住宿餐饮", "团餐与食堂"),
    ("贸易", "批发零售", "母婴用品批发"),
    ("建材", "建筑业", "装饰材料供应"),
)
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = "嘉禾 静怡 明远 雨桐 思源 子涵 晓岚 志强 文博 丽娜 建国 欣怡 浩然 海燕 一鸣 亦舟 长青 知秋 梓萱 国栋".split()


def customers(count: int) -> list[tuple[str, ...]]:
    """That many rows under HEADER: every third is a person; names and mobiles are all different."""
    return [_person(number) if number % 3 == 2 else _firm(number) for number in range(count)]


def write_csv(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    """Write them as Excel saves csv: UTF-8 with a mark."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return path


def write_xlsx(path: Path, rows: Sequence[Sequence[str]], sheet: str = "客户") -> Path:
    """Write them as a workbook."""
    with xlsxwriter.Workbook(str(path)) as workbook:
        page = workbook.add_worksheet(sheet)
        for at, row in enumerate([HEADER, *rows]):
            page.write_row(at, 0, row)
    return path


MESSY_HEADS = ("单位名称", "编号", "手机", "邮箱", "累计（万元）", "合作开始时间", "信用代码", "仓库要求")
MESSY_ROWS: tuple[tuple[str | float, ...], ...] = (
    ("上海宏远贸易有限公司", "K2021-007", "13800000816", "hy@example.com", 86.4, "2023年3月5日", "", "塑料托盘"),
    ("苏州澄光食品有限公司", "K2021-008", "13800000662", "", 31.72, "2024.10.19", 913101156620418000, "限高 2.1 米"),
    ("杭州予禾美容会所", "K2021-009", "13800000019", "", "约20", "2022/7/1", "", ""),
    ("", "", "13800000020", "", 3, "2023-5-1", "", "忘了写名字"),
    ("南京锦禾酒店管理有限公司", "K2021-011", "13800000023", "", 128.6, "20230305", "", "冷链"),
    ("宁波海砚船舶配件有限公司", "K2021-012", "138 0000 0055", "", 15.25, "二〇二一年七月一日", "", ""),
)


def write_messy(path: Path) -> Path:
    """Write a workbook as an office keeps it: title, note, merged headings of two rows, 万元, a credit code that Excel
    has cut, a row without a name, a total and a signature."""
    with xlsxwriter.Workbook(str(path)) as workbook:
        page = workbook.add_worksheet("客户")
        page.merge_range("A1:H1", "云汀商贸 2026 年客户台账（老王版）")
        page.write("A2", "填表说明：手机必填")
        page.merge_range("C3:D3", "联系方式")
        page.merge_range("E3:F3", "往来")
        for at, head in enumerate(MESSY_HEADS):
            if 2 <= at <= 5:
                page.write(3, at, head)
            else:
                page.merge_range(2, at, 3, at, head)
        for number, row in enumerate(MESSY_ROWS):
            for at, value in enumerate(row):
                if value != "":
                    page.write(4 + number, at, value)
        page.write_row(4 + len(MESSY_ROWS), 0, ["合计", "", "", "", 264.97])
        page.write(5 + len(MESSY_ROWS), 0, "制表人：老王")
        page.write(5 + len(MESSY_ROWS), 4, "审核人：")
    return path


def _firm(number: int) -> tuple[str, ...]:
    city, name = _CITIES[number % 20], _NAMES[number // 20 % 20]
    trade, industry, business = _TRADES[(number // 400 + number) % 8]
    more = "" if number < 3200 else f"第{number // 3200}分"
    title = f"{city}{name}{trade}{more}有限公司"
    contact = f"{_SURNAMES[number % 20]}{_GIVEN[number // 20 % 20]}"
    remark = f"{city}老客户介绍，第 {number + 1} 位"
    return title, "企业", contact, _mobile(number), f"{city}{name}", industry, business, remark


def _person(number: int) -> tuple[str, ...]:
    number_of_name = number // 3
    surname, given = _SURNAMES[number_of_name % 20], _GIVEN[number_of_name // 20 % 20]
    more = "" if number_of_name < 400 else "甲乙丙丁戊己庚辛壬癸"[number_of_name // 400 - 1]
    return f"{surname}{given}{more}", "个人", "", _mobile(number), "", "", "", "门店扫码登记"


def _mobile(number: int) -> str:
    return f"1380000{number:04d}"
