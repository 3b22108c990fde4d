"""Errors as RFC 9457 problem documents in the caller's language. Says nothing that the caller may not know."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from starlette.responses import Response

from kehu.base.common.messages import explained, has_text, message
from kehu.base.common.report import new_report_id, trace_of
from kehu.base.errors import Conflict, FieldError, KehuError

log = logging.getLogger("kehu.http")

MEDIA = "application/problem+json"


class BadRequest(KehuError):
    """The request itself cannot be read."""

    status = 400
    exit_code = 2


class Refused(KehuError):
    """The request may not be made in this way (host, origin, CSRF)."""

    status = 403
    exit_code = 4


class WrongMedia(KehuError):
    """The body is of a kind that this address does not take."""

    status = 415
    exit_code = 2


class TooLarge(KehuError):
    """The body is over the limit."""

    status = 413
    exit_code = 3


class TooLate(KehuError):
    """The body came too slowly."""

    status = 408
    exit_code = 7


class NotHere(KehuError):
    """No such address."""

    status = 404
    exit_code = 2


class WrongMethod(KehuError):
    """The address is there, but not for this method."""

    status = 405
    exit_code = 2


def problem_of(error: KehuError, lang: str) -> Response:
    """Turn an expected error into its document."""
    document = describe(error.code, error.data, error.errors, lang, status=error.status)
    if isinstance(error, Conflict) and error.conflicts:
        document["conflicts"] = [dict(one) for one in error.conflicts]
    headers: dict[str, str] = {}
    seconds = error.data.get("seconds")
    if error.status == 429 and isinstance(seconds, int):
        headers["Retry-After"] = str(seconds)
    elif error.status == 503:
        headers["Retry-After"] = "2"
    elif error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(orjson.dumps(document, default=str), error.status, headers, MEDIA)


def describe(
    code: str, data: Mapping[str, object], errors: Iterable[FieldError], lang: str, *, status: int
) -> dict[str, Any]:
    """The members of a problem document."""
    title = f"{code}.title"
    document: dict[str, Any] = {
        "type": f"urn:kehu:problem:{code}",
        "title": message(title if has_text(title, lang) else f"http.{status}", lang),
        "status": status,
        "detail": message(code, lang, **data),
        "code": code,
    }
    told = [one_error(error, lang) for error in errors]
    if told or status == 422:
        document["errors"] = told or [
            {"field": str(data.get("field", "")), "code": code, "message": document["detail"]}
        ]
    return document


def one_error(error: FieldError, lang: str) -> dict[str, Any]:
    """One entry of `errors`."""
    told: dict[str, Any] = {
        "field": error.field,
        "code": error.code,
        "message": explained(error.code, lang, {"field": error.field, **error.data}),
    }
    if error.row is not None:
        told["row"] = error.row
    if error.cell is not None:
        told["cell"] = error.cell
    return told


def crash_of(error: BaseException, lang: str) -> Response:
    """The document for a bug: an id to quote, nothing else. The log gets the place, never the values."""
    report = new_report_id()
    log.error("report %s\n%s", report, trace_of(error))
    document = describe("bug", {"report": report}, (), lang, status=500)
    return Response(orjson.dumps({**document, "report": report}), 500, media_type=MEDIA)
