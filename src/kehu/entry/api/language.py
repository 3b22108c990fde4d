"""Which language to answer in: the account's own setting, else the browser's, else zh-CN."""

from __future__ import annotations

from starlette.datastructures import Headers

from kehu.core.context import Lang


def language_of(headers: Headers, own: str | None = None) -> Lang:
    """The language for an answer; `own` is the account's setting."""
    if own == "en":
        return "en"
    if own == "zh-CN":
        return "zh-CN"
    wanted: list[tuple[float, int, Lang]] = []
    for place, part in enumerate(headers.get("accept-language", "")[:500].split(",")):
        tag, _, weight = part.strip().lower().partition(";q=")
        try:
            share = float(weight) if weight else 1.0
        except ValueError:
            share = 0.0
        if share > 0 and tag.startswith("zh"):
            wanted.append((-share, place, "zh-CN"))
        elif share > 0 and tag.startswith("en"):
            wanted.append((-share, place, "en"))
    return min(wanted)[2] if wanted else "zh-CN"
