"""vCards of phones and mail programs are read, whatever their version and letters; what is written reads back."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kehu.base.common import vcards
from kehu.features.importing.base import Limits, Notes
from kehu.plugins.importers.vcf import HEAD, VCF, row_of


def quoted(text: str, charset: str) -> str:
    """A text as an old phone writes it."""
    return "".join(f"={octet:02X}" for octet in text.encode(charset))


PHONE_21 = "\r\n".join(
    (
        "BEGIN:VCARD",
        "VERSION:2.1",
        f"N;CHARSET=GBK;ENCODING=QUOTED-PRINTABLE:{quoted('沈', 'gbk')};{quoted('亦舟', 'gbk')};;;",
        f"FN;CHARSET=GBK;ENCODING=QUOTED-PRINTABLE:{quoted('沈亦舟', 'gbk')}",
        f"ORG;CHARSET=GBK;ENCODING=QUOTED-PRINTABLE:{quoted('上海宏远', 'gbk')}=",
        f"{quoted('贸易有限公司;采购部', 'gbk').replace('=3B', ';')}",
        f"TITLE;ENCODING=QUOTED-PRINTABLE;CHARSET=GBK:{quoted('采购总监', 'gbk')}",
        "TEL;CELL:138 0000 0011",
        "TEL;WORK:021-68880000",
        "TEL;WORK;FAX:021-68880001",
        f"ADR;CHARSET=GBK;ENCODING=QUOTED-PRINTABLE:;;{quoted('世纪大道1号', 'gbk')};{quoted('上海', 'gbk')};;200120;",
        "PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQSkZJRgABAQ",
        " AAAQABAAD",
        "",
        "END:VCARD",
        "",
    )
)


def test_a_card_of_an_old_chinese_phone() -> None:
    (card,) = vcards.parse(PHONE_21.encode("ascii"))
    row = {title: cell for title, cell in row_of(card).items() if cell}
    assert row == {
        "客户名称": "上海宏远贸易有限公司", "客户性质": "企业", "联系人姓名": "沈亦舟", "联系人职位": "采购总监",
        "联系人部门": "采购部", "联系人手机": "138 0000 0011", "联系人办公电话": "021-68880000",
        "地址": "上海世纪大道1号", "备注": "传真：021-68880001",
    }  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_plain_card_in_every_encoding(encoding: str) -> None:
    text = "BEGIN:VCARD\nVERSION:3.0\nN:林;晓岚;;;\nitem1.TEL;type=pref:13800000008\nBDAY:19900405\n"
    text += "NOTE:爱喝\\, 绿茶\\n不加糖\n"
    (card,) = vcards.parse(f"{text}END:VCARD\n".encode(encoding))
    row = row_of(card)
    assert (row["客户名称"], row["客户性质"], row["手机"]) == ("林晓岚", "个人", "13800000008")
    assert (row["出生日期"], row["备注"]) == ("1990-04-05", "爱喝, 绿茶\n不加糖")


def test_what_is_no_card_is_passed_over() -> None:
    assert list(vcards.parse(b"hello\nEND:VCARD\n;;;:\n")) == []
    within = b"BEGIN:VCARD\nFN:A\nBEGIN:VCARD\nFN:agent\nEND:VCARD\nTEL:1"
    assert [card.text("FN") for card in vcards.parse(within)] == ["A"]
    assert len(list(vcards.parse(b"BEGIN:VCARD\nFN;CHARSET=nothing:\xff\xfe\nEND:VCARD"))) == 1


texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60).map(str.strip)


@given(st.lists(texts, min_size=1, max_size=4), texts)
def test_what_is_written_reads_back(parts: list[str], note: str) -> None:
    card = vcards.dump((("FN", ("王芳",)), ("ORG", parts), ("NOTE", (f"{note}\n第二行",))))
    assert all(len(line.encode()) <= 75 for line in card.split("\r\n"))
    (found,) = vcards.parse(card.encode())
    assert found.text("NOTE") == f"{note}\n第二行".strip()
    assert [one.parts for one in found.all("ORG")] == ([parts] if any(part.strip(" ;") for part in parts) else [])


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_never_stop_it(noise: bytes) -> None:
    for card in vcards.parse(b"BEGIN:VCARD\r\nN;CHARSET=GBK;ENCODING=QUOTED-PRINTABLE:" + noise + b"\r\nEND:VCARD\r\n"):
        assert set(row_of(card)) == set(HEAD)


def test_cards_of_other_programs(sample_files: Path, tmp_path: Path) -> None:
    """Ten files of Android, BlackBerry, Evolution, Gmail, macOS, Outlook and the RFC: 15 cards, counted by hand."""
    cards = names = mobiles = phones = mails = places = days = 0
    with zipfile.ZipFile(sample_files / "vcard" / "vcards_shared.zip") as package:
        for entry in package.namelist():
            path = tmp_path / "cards.vcf"
            path.write_bytes(package.read(entry))
            assert VCF.sniff(path.read_bytes()[:8192], entry)
            (sheet,) = VCF.read(path, Limits(), Notes())
            for row in list(sheet.rows)[1:]:
                said = dict(zip(HEAD, map(str, row), strict=True))
                cards += 1
                names += bool(said["客户名称"])
                mobiles += bool(said["手机"] or said["联系人手机"])
                phones += bool(said["办公电话"] or said["联系人办公电话"])
                mails += bool(said["邮箱"] or said["联系人邮箱"])
                places += bool(said["地址"])
                days += bool(said["出生日期"] or said["联系人生日"])
    assert (cards, names, mobiles, phones, mails, places, days) == (15, 15, 13, 10, 12, 8, 7)
