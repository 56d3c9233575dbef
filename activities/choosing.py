"""Which of a tenant's carriers a parcel goes with: asked for their price, and ranked."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from activities.errors import refused
from domain.carriers import ParcelToSend, Quote, Record, ranked, why
from domain.money import Money
from integrations.carriers.port import Offer, Shipment, ShipmentRequest
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
    cost: Money
    passed_over: tuple[PassedOver, ...]


def eligible(
    accounts: tuple[CarrierAccount, ...], parcel: ParcelToSend, *, excluded: tuple[str, ...] = ()
) -> tuple[CarrierAccount, ...]:
    """Return the accounts that may be asked; ``excluded`` ones were asked in vain."""
    return tuple(
        account
        for account in accounts
        if account.account.takes(parcel) and account.connection_id not in excluded
    )


async def choose(
    accounts: tuple[CarrierAccount, ...],
    request: ShipmentRequest,
    *,
    wants_courier: bool,
    currency: str,
    records: Mapping[str, Record],
) -> Choice:
    """Ask each account for its price, all at once, and take the first by rank.

    Prices are compared in ``currency``. Drafts of the others are left: they are free, and of no
    effect.

    Raises:
        IntegrationError: none offers anything, and at least one did not answer: to be asked again.
        ApplicationError: each of them refuses the parcel.
    """
    answers = await asyncio.gather(*(_asked(account, request) for account in accounts))
    offers: dict[str, tuple[CarrierAccount, Shipment]] = {}
    errors: list[tuple[str, IntegrationError]] = []
    quotes: list[Quote] = []
    for account, answer in zip(accounts, answers, strict=True):
        carrier = account.account.carrier
        if isinstance(answer, IntegrationError):
            errors.append((carrier, answer))
        elif answer.offer is None:
            no_rates = RejectedError(carrier, "no rate is offered", code="no_rates")
            errors.append((carrier, no_rates))
        else:
            offers[account.connection_id] = account, answer
            quotes.append(_quote(account, answer.offer, records))
    if not offers:
        raise _no_offer(errors)
    first, *others = ranked(quotes, wants_courier=wants_courier, currency=currency)
    behind = [
        PassedOver(
            other.account.carrier, why(first, other, wants_courier=wants_courier, currency=currency)
        )
        for other in others
    ]
    account, draft = offers[first.account.connection_id]
    return Choice(account, draft, first.cost, (*_passed_over(errors), *behind))


def _quote(account: CarrierAccount, offer: Offer, records: Mapping[str, Record]) -> Quote:
    record = records.get(account.connection_id, Record())
    return Quote(account.account, offer.cost, offer.days, record)


def _passed_over(errors: Sequence[tuple[str, IntegrationError]]) -> tuple[PassedOver, ...]:
    return tuple(
        PassedOver(
            carrier,
            (error.code or "rejected") if isinstance(error, RejectedError) else "unavailable",
        )
        for carrier, error in errors
    )


def _no_offer(errors: Sequence[tuple[str, IntegrationError]]) -> Exception:
    for _, error in errors:
        if not isinstance(error, RejectedError):
            return error
    said = ", ".join(f"{one.carrier}: {one.reason}" for one in _passed_over(errors))
    return refused("ProviderRefused", f"no carrier takes the parcel ({said})", code="no_rates")


async def _asked(account: CarrierAccount, request: ShipmentRequest) -> Shipment | IntegrationError:
    """Return what an account would do, or why it would not, or not now."""
    carrier = account.account.carrier
    try:
        async with asyncio.timeout(_ANSWERS_WITHIN_S):
            return await account.gateway.create_shipment(request)
    except TimeoutError:
        _log.warning("carrier.unavailable", carrier=carrier)
        return TemporarilyUnavailableError(carrier, "no price within its time")
    except RejectedError as error:
        return error
    except IntegrationError as error:
        _log.warning("carrier.unavailable", carrier=carrier)
        return error
