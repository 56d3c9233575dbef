"""SF's envelope: a code of the platform, and behind it a service's answer as a text of JSON."""

import json
import secrets

from sandbox.errors import RefusalError, sf_refusal
from sandbox.ledger import Json


def said(data: Json) -> Json:
    return _enveloped({"success": True, "errorCode": "S0000", "errorMsg": None, "msgData": data})


def refused(code: str, message: str) -> RefusalError:
    """Word a service's refusal, behind the platform's success."""
    inner = {"success": False, "errorCode": code, "errorMsg": message, "msgData": None}
    return RefusalError(200, _enveloped(inner))


def denied(code: str, message: str) -> RefusalError:
    """Word a refusal of the platform itself, which comes with HTTP 200 as well."""
    return sf_refusal(200, code, message)


def text(given: Json, name: str) -> str:
    found = given.get(name)
    if not isinstance(found, str) or not found:
        raise refused("S0002", f"{name} is required")
    return found


def part(given: Json, name: str) -> Json:
    found = given.get(name)
    if not isinstance(found, dict):
        raise refused("S0002", f"{name} is required")
    return found


def parts(given: Json, name: str) -> list[Json]:
    found = given.get(name)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise refused("S0002", f"{name} is required")
    return found


def _enveloped(inner: Json) -> Json:
    return {
        "apiErrorMsg": "",
        "apiResponseID": secrets.token_hex(16).upper(),
        "apiResultCode": "A1000",
        "apiResultData": json.dumps(inner, ensure_ascii=False),
    }
