"""Which of a tenant's carriers a parcel goes with: asked for their price, and ranked."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from activities.errors import refused
from domain.carriers import Parcel, Quote, Record, ranked, why
from domain.money import Money
from integrations.carriers.port import Shipment, ShipmentRequest
from integrations.directory import CarrierAccount
from integrations.errors import (
    IntegrationError,
    RejectedError,
    TemporarilyUnavailableError,
)

_ANSWERS_WITHIN_S = 12.0
"""A carrier that takes longer for a price is not waited for while another one answers."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A carrier that was not taken, and why: a word of ours, or the carrier's code."""

    carrier: str
    reason: str


@dataclass(frozen=True, slots=True)
class Choice:
    """The account that was taken, its draft, and whom it was preferred to."""

    account: CarrierAccount
    draft: Shipment
    cost: Money | None
    passed_over: tuple[PassedOver, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a parcel asks of its carrier; prices are compared in ``currency``."""

    country: str | None
    weight_grams: int
    currency: str
    wants_courier: bool = False
    wants_code: bool = False


def eligible(
    accounts: tuple[CarrierAccount, ...], wanted: Wanted, *, excluded: tuple[str, ...] = ()
) -> tuple[CarrierAccount, ...]:
    """Return the accounts that may be asked; ``excluded`` ones were asked in vain."""
    parcel = Parcel(wanted.country, wanted.weight_grams, wanted.wants_courier, wanted.wants_code)
    return tuple(
        account
        for account in accounts
        if account.account.takes(parcel) and account.connection_id not in excluded
    )


async def choose(
    accounts: tuple[CarrierAccount, ...],
    request: ShipmentRequest,
    wanted: Wanted,
    records: Mapping[str, Record],
) -> Choice:
    """Ask each account for its price, all at once, and take the first by rank.

    Drafts of the others are left: they are free, and of no effect.

    Raises:
        IntegrationError: none offers anything, and at least one did not answer: to be asked again.
        ApplicationError: each of them refuses the parcel.
    """
    answers = await asyncio.gather(*(_asked(account, request) for account in accounts))
    quotes: dict[str, tuple[Quote, CarrierAccount, Shipment]] = {}
    passed_over: list[PassedOver] = []
    outage: IntegrationError | None = None
    for account, answer in zip(accounts, answers, strict=True):
        if isinstance(answer, Shipment):
            offer = answer.offer
            quote = Quote(
                account.account,
                offer.cost if offer is not None else None,
                offer.days if offer is not None else None,
                records.get(account.connection_id, Record()),
            )
            quotes[account.connection_id] = quote, account, answer
            continue
        reason = (answer.code or "rejected") if isinstance(answer, RejectedError) else "unavailable"
        passed_over.append(PassedOver(account.account.carrier, reason))
        if not isinstance(answer, RejectedError):
            outage = answer
            _log.warning("carrier.unavailable", carrier=account.account.carrier)
    if not quotes:
        if outage is not None:
            raise outage
        said = ", ".join(f"{one.carrier}: {one.reason}" for one in passed_over)
        raise refused("ProviderRefused", f"no carrier takes the parcel ({said})", code="no_rates")
    courier, currency = wanted.wants_courier, wanted.currency
    asked = [quote for quote, _, _ in quotes.values()]
    first, *others = ranked(asked, wants_courier=courier, currency=currency)
    for other in others:
        reason = why(first, other, wants_courier=courier, currency=currency)
        passed_over.append(PassedOver(other.account.carrier, reason))
    _, account, draft = quotes[first.account.connection_id]
    return Choice(account, draft, first.cost, tuple(passed_over))


async def _asked(account: CarrierAccount, request: ShipmentRequest) -> Shipment | IntegrationError:
    """Return what an account would do, or why it would not, or not now."""
    carrier = account.account.carrier
    try:
        async with asyncio.timeout(_ANSWERS_WITHIN_S):
            draft = await account.gateway.create_shipment(request)
    except TimeoutError:
        return TemporarilyUnavailableError(carrier, "no price within its time")
    except IntegrationError as error:
        return error
    if draft.offer is None and account.gateway.capabilities.free_drafts:
        return RejectedError(carrier, "no rate is offered", code="no_rates")
    return draft
