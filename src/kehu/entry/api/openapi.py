"""The OpenAPI document: the framework's, plus ways to sign in, problem documents and the headers of the contract."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from kehu.entry.api.caller import COOKIE
from kehu.entry.api.doors import MARK, PUBLIC
from kehu.entry.api.problems import MEDIA

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                    "row": {"type": "integer"},
                    "cell": {"type": "string"},
                },
            },
        },
        "conflicts": {"type": "array", "items": {"type": "object"}},
    },
}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "description": "The same key within 24 hours gets the first answer.",
}


def document_of(app: FastAPI) -> dict[str, Any]:
    """Build the document."""
    made = get_openapi(title=app.title, version=app.version, routes=app.routes)
    parts = made.setdefault("components", {})
    parts.setdefault("schemas", {})["Problem"] = PROBLEM
    for unused in ("HTTPValidationError", "ValidationError"):
        parts["schemas"].pop(unused, None)
    parts["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    }
    policies = {
        (method.lower(), getattr(route, "path", "")): getattr(getattr(route, "endpoint", None), MARK, None)
        for route in app.routes
        for method in getattr(route, "methods", None) or ()
    }
    problem = {"description": "Problem", "content": {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for path, methods in made.get("paths", {}).items():
        for method, operation in methods.items():
            operation["responses"].pop("422", None)
            operation["responses"]["4XX"] = problem
            operation["responses"]["5XX"] = problem
            if policies.get((method, path)) != PUBLIC:
                operation["security"] = [{"token": []}, {"session": []}]
            if method == "post":
                operation.setdefault("parameters", []).append(KEY)
    return made
