"""What all of UPS's answers share: their spelling, amounts and errors, and the credential."""

import hmac
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

import httpx
from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel, to_pascal

from integrations.errors import ConfigurationError, IntegrationError, WebhookSignatureError
from integrations.http import Refusal, WireModel

SYSTEM = "ups"

NO_SERVICE = frozenset({"111210", "120124"})
"""The service is unavailable between the locations, as rating and shipping word it."""
_BY_CODE: Mapping[str, type[IntegrationError]] = {
    # Authentication, which is not always answered with 401.
    "250002": ConfigurationError,
    "250003": ConfigurationError,
}

# Money is text, at times filled up to eight characters, and never becomes a float.
Amount = Annotated[Decimal, Field(ge=0, max_digits=12)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class PascalModel(WireModel):
    """Most of UPS writes ``LikeThis``."""

    model_config = ConfigDict(alias_generator=to_pascal, populate_by_name=True)


class CamelModel(WireModel):
    """Tracking writes ``likeThis``."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class WireCharge(PascalModel):
    currency_code: Currency
    monetary_value: Amount


class WireCode(PascalModel):
    code: str


def read_refusal(response: httpx.Response, body: Mapping[str, Any]) -> Refusal:  # noqa: ARG001 -- the body says all
    """Read the first error's code. Its message may repeat the address: it is left behind."""
    answer = body.get("response")
    errors = answer.get("errors") if isinstance(answer, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    code = first.get("code") if isinstance(first, dict) else None
    code = code if isinstance(code, str) else None
    return Refusal(code=code, error=_BY_CODE.get(code) if code else None)


def verify_credential(given: str | None, wanted: str) -> None:
    """Check the ``credential`` that UPS was told to send along.

    It signs nothing: who has once read it can send what he likes, and when.

    Raises:
        WebhookSignatureError: it is missing or another.
    """
    if not hmac.compare_digest((given or "").encode(), wanted.encode()):
        raise WebhookSignatureError(SYSTEM, "the credential is missing or wrong")
