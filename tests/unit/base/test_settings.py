"""Where settings come from, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from kehu.base.errors import BadInput
from kehu.base.settings import load_settings


def test_command_line_before_environment_before_file_before_default(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('lang = "en"\nhosts = ["crm.hongyuan.local"]\n', encoding="utf-8")
    environ = {"KEHU_DATA": str(tmp_path)}
    assert load_settings(environ=environ).lang == "en"
    assert load_settings(environ=environ).hosts == ("crm.hongyuan.local",)
    assert load_settings(environ={**environ, "KEHU_LANG": "zh_CN.UTF-8"}).lang == "zh-CN"
    assert load_settings(environ={**environ, "KEHU_LANG": "zh-CN"}, lang="en").lang == "en"
    assert load_settings(environ={**environ, "KEHU_HOSTS": " A.example , b.example"}).hosts == (
        "a.example",
        "b.example",
    )
    assert load_settings(tmp_path / "other", environ=environ).data == tmp_path / "other"


def test_without_a_word_it_is_chinese_on_sqlite_in_the_platforms_folder(tmp_path: Path) -> None:
    found = load_settings(environ={"XDG_DATA_HOME": str(tmp_path), "LANG": "C.UTF-8", "LOCALAPPDATA": str(tmp_path)})
    assert (found.lang, found.database, found.debug) == ("zh-CN", "sqlite", False)
    assert found.data.name.lower() == "kehu"
    assert load_settings(environ={"LANG": "en_US.UTF-8", "XDG_DATA_HOME": str(tmp_path)}).lang == "en"


@pytest.mark.parametrize("text", ["hosts = 5", 'colour = "red"', "lang = [", 'database_url = ["x"]'])
def test_a_settings_file_that_makes_no_sense_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "settings.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        load_settings(tmp_path, environ={})
    assert refused.value.code == "settings.invalid"
    assert str(tmp_path) in str(refused.value.data["file"])


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(BadInput, match=r"lang\.unknown"):
        load_settings(environ={}, lang="fr")


def test_folders_that_cannot_be_made_are_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(BadInput, match=r"data\.unusable"):
        load_settings(tmp_path / "file", environ={}).make_folders()
