"""A refusal in the words of the system that refuses."""

import secrets

from sandbox.ledger import Json

_PAYPAL_NAMES = {
    400: "INVALID_REQUEST",
    401: "AUTHENTICATION_FAILURE",
    403: "NOT_AUTHORIZED",
    404: "RESOURCE_NOT_FOUND",
    405: "METHOD_NOT_SUPPORTED",
    409: "RESOURCE_CONFLICT",
    422: "UNPROCESSABLE_ENTITY",
    429: "RATE_LIMIT_REACHED",
    503: "SERVICE_UNAVAILABLE",
}


class RefusalError(Exception):
    """Answer with ``status`` and ``body`` and undo what the request wrote.

    ``kept`` says whether the answer belongs to the idempotency key: it does once work had begun.
    """

    def __init__(self, status: int, body: Json, *, kept: bool = False) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.body = body
        self.kept = kept
        self.headers: dict[str, str] = {}


def stripe_refusal(
    status: int,
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    kind: str = "invalid_request_error",
    kept: bool = False,
) -> RefusalError:
    error: Json = {"type": kind, "message": message}
    if code is not None:
        error["code"] = code
        error["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
    if param is not None:
        error["param"] = param
    return RefusalError(status, {"error": error}, kept=kept)


def paypal_refusal(
    status: int, issue: str, message: str, *, field: str | None = None
) -> RefusalError:
    """Word a refusal; ``issue`` is the fine code, the name follows from the status."""
    details: Json = {"issue": issue, "description": message}
    if field is not None:
        details |= {"field": field, "location": "body"}
    name = _PAYPAL_NAMES.get(status, "INTERNAL_SERVER_ERROR")
    return RefusalError(
        status,
        {
            "name": name,
            "message": message,
            "debug_id": secrets.token_hex(7),
            "details": [details],
        },
    )


def wechatpay_refusal(status: int, code: str, message: str) -> RefusalError:
    return RefusalError(status, {"code": code, "message": message})


def easypost_refusal(
    status: int, code: str, message: str, *, fields: dict[str, str] | None = None
) -> RefusalError:
    errors = [{"field": field, "message": text} for field, text in (fields or {}).items()]
    return RefusalError(status, {"error": {"code": code, "message": message, "errors": errors}})


def ups_refusal(status: int, code: str, message: str) -> RefusalError:
    return RefusalError(status, {"response": {"errors": [{"code": code, "message": message}]}})


def kuaidi100_refusal(status: int, code: str, message: str) -> RefusalError:
    """Word a refusal; those of its own have HTTP 200."""
    return RefusalError(status, {"result": False, "returnCode": code, "message": message})


def sf_refusal(status: int, code: str, message: str) -> RefusalError:
    """Word a refusal of the platform; those of its own have HTTP 200."""
    body = {"apiErrorMsg": message, "apiResponseID": secrets.token_hex(16).upper()}
    return RefusalError(status, body | {"apiResultCode": code, "apiResultData": None})


def commerce_refusal(
    status: int, code: str, message: str, *, field: str | None = None
) -> RefusalError:
    error: Json = {"code": code, "message": message}
    if field is not None:
        error["field"] = field
    return RefusalError(status, {"error": error})
