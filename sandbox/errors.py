"""A refusal in the words of the system that refuses."""

from sandbox.ledger import Json


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


def easypost_refusal(
    status: int, code: str, message: str, *, fields: dict[str, str] | None = None
) -> RefusalError:
    errors = [{"field": field, "message": text} for field, text in (fields or {}).items()]
    return RefusalError(status, {"error": {"code": code, "message": message, "errors": errors}})


def commerce_refusal(
    status: int, code: str, message: str, *, field: str | None = None
) -> RefusalError:
    error: Json = {"code": code, "message": message}
    if field is not None:
        error["field"] = field
    return RefusalError(status, {"error": error})
