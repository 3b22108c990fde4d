"""The words by which the palette finds its fixed entries carry the sounds that the search of records knows."""

from __future__ import annotations

import json

from tools.data.make_palette_words import PLACE, with_sounds


def test_the_words_of_the_palette_are_written_with_their_sounds() -> None:
    kept = json.loads(PLACE.read_text(encoding="utf-8"))
    assert kept == with_sounds(kept), "run tools/data/make_palette_words.py, then npm run format in web"


def test_sounds_are_pinyin_and_initials_of_each_chinese_word() -> None:
    made = with_sounds({"one": ["改密码 password 重做", ""]})
    assert made == {"one": ["改密码 password 重做", "gaimima gmm zhongzuo chongzuo zz cz"]}
