"""The OpenAPI document, in which every refusal is a problem (RFC 9457)."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problems import MEDIA_TYPE
from backhaul_client.listing import Problem

_DESCRIPTION = """\
Product returns from request to refund. Refusals are problem documents (RFC 9457) with a stable
`code`: 400 for what is malformed by itself, 422 for what contradicts the facts, 409 for what the
state of things does not allow. Every POST that changes something takes an `Idempotency-Key`: repeat
a call whose answer was lost with the same key and content.
"""


def document(app: FastAPI) -> dict[str, Any]:
    """Return the document, made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title="Backhaul", version="1", description=_DESCRIPTION, routes=app.routes
        )
        schemas = made["components"]["schemas"]
        for generated in ("HTTPValidationError", "ValidationError"):
            schemas.pop(generated, None)
        schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        for path in made["paths"].values():
            for operation in path.values():
                _describe_refusals(operation)
        app.openapi_schema = made
    return app.openapi_schema


def _describe_refusals(operation: dict[str, Any]) -> None:
    """Replace the framework's own validation answer, which this API never gives."""
    operation["responses"].pop("422", None)
    operation["responses"]["default"] = {
        "description": "Refused",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
