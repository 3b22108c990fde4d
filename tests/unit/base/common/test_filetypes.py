"""Files by their content: kinds, and what could run when opened (security D3)."""

from __future__ import annotations

import io
import zipfile

import pytest

from kehu.base.common.filetypes import HEAD, UNKNOWN, file_type, is_active


def a_zip(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()[:HEAD]


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7 ...", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBP", "image/webp"),
        ("会议纪要：下周交货".encode(), "text/plain"),
        ("会议纪要：下周交货".encode("gb18030"), "text/plain"),
        (a_zip("word/document.xml"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (a_zip("xl/workbook.xml"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (a_zip("照片.jpg"), "application/zip"),
        (b"\x00\x01\x02\x03", UNKNOWN),
    ],
)
def test_kinds(head: bytes, kind: str) -> None:
    assert file_type(head) == kind
    assert not is_active(head, "合同.pdf")


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"<!DOCTYPE html><html>", "说明.pdf"),
        (b"  \r\n<SCRIPT>alert(1)</SCRIPT>", "a.txt"),
        (b"\xef\xbb\xbf<svg onload=alert(1)>", "logo.png"),
        ("<html>".encode("utf-16"), "a.txt"),
        (b"<?xml version='1.0'?><svg/>", "logo.svg"),
        (b"MZ\x90\x00", "报价单.pdf"),
        (b"\x7fELF", "x"),
        (b"#!/bin/sh", "x"),
        (b"alert(1)", "a.JS"),
        (b"@echo off", "a.bat ."),
        (b"<?php echo 1;", "a.pHp"),
    ],
)
def test_what_could_run_is_told_by_content_or_name(head: bytes, name: str) -> None:
    assert is_active(head, name)
