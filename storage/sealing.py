"""A settlement sealed once: who comes again meets what was sealed, or is told how it differs."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.credit_notes import NewNote
from domain.ids import part_id, refund_key
from domain.promotions import Standing, Units
from domain.proposals import Approval, ByTender
from storage import credit_notes, ledger, standings
from storage.credit_notes import NoteSumError
from storage.models.effects import SettlementModel
from storage.rows import IntentRow, TenderBalance

Split = Callable[[tuple[TenderBalance, ...], int], tuple[int, ...]]
"""Balances by tender id and an amount in; one part per balance out."""


class SealedOtherwiseError(Exception):
    """A settlement number was used before, for another amount or currency."""


class OtherLotsError(Exception):
    """A settlement number was used before, for other lots; ``lot_ids`` are those."""

    def __init__(self, lot_ids: tuple[str, ...]) -> None:
        super().__init__(f"it was sealed for {', '.join(lot_ids)}")
        self.lot_ids = lot_ids


class StandingChangedError(Exception):
    """A settlement was computed on another standing of its order; ``standing`` is the one."""

    def __init__(self, standing: Standing) -> None:
        super().__init__("other settlements of the order were sealed meanwhile")
        self.standing = standing


class SplitChangedError(Exception):
    """An approved settlement would be split otherwise by now; ``by_tender`` is how."""

    def __init__(self, by_tender: ByTender) -> None:
        super().__init__("the tenders have not left what they had when it was approved")
        self.by_tender = by_tender


class OverRefundError(Exception):
    """More than was captured would be given back on a tender, or in sum."""


class SplitError(ValueError):
    """The parts are not one per tender, or do not add up to the amount."""


async def check_left(connection: AsyncConnection, tenant_id: str, intent: IntentRow) -> None:
    """Raise unless the intent's tender has its amount left: one statement, under its lock."""
    left = await ledger.left_on(connection, tenant_id, intent.order_id, intent.tender_id)
    if intent.amount_minor > left:
        raise OverRefundError(
            f"wanted {intent.amount_minor} on tender {intent.tender_id}, found {left} left"
        )


def check_parts(
    balances: tuple[TenderBalance, ...], parts: tuple[int, ...], amount_minor: int
) -> None:
    """Raise unless ``parts`` add up to the amount and each fits what its tender has left."""
    if len(parts) != len(balances) or sum(parts) != amount_minor or min(parts, default=0) < 0:
        raise SplitError(
            f"wanted {len(balances)} parts of 0 or more with sum {amount_minor}, found {parts}"
        )
    for balance, part in zip(balances, parts, strict=True):
        if part > balance.left_minor:
            raise OverRefundError(
                f"wanted {part} on tender {balance.tender_id}, found {balance.left_minor} left"
            )


def check_approved(
    balances: tuple[TenderBalance, ...], parts: tuple[int, ...], approval: Approval | None
) -> None:
    """Raise unless the parts are those that were approved, where somebody had to."""
    by_tender = tuple(
        (balance.tender_id, part) for balance, part in zip(balances, parts, strict=True) if part
    )
    if approval is not None and approval.by_tender != by_tender:
        raise SplitChangedError(by_tender)


@dataclass(frozen=True, slots=True)
class Sealing:
    """One settlement as it is to be sealed; see :meth:`storage.settlements.Settlements.seal`."""

    tenant_id: str
    return_id: str
    order_id: str
    number: int
    amount_minor: int
    currency: str
    lot_ids: tuple[str, ...]
    units: Units
    clawback_minor: int
    standing: Standing | None
    note: NewNote | None = None
    approval: Approval | None = None


async def seal_once(connection: AsyncConnection, sealing: Sealing) -> bool:
    """Insert the settlement; ``False`` when it is there already with the same amount."""
    known = None
    if sealing.standing is not None:
        # Before the insert, which would count as well.
        known = await standings.standing_of(connection, sealing.tenant_id, sealing.order_id)
    new = await connection.scalar(
        upsert(SettlementModel)
        .values(
            tenant_id=sealing.tenant_id,
            return_id=sealing.return_id,
            settlement_no=sealing.number,
            amount_minor=sealing.amount_minor,
            currency=sealing.currency,
            lot_ids=list(sealing.lot_ids),
            units=standings.units_json(sealing.units),
            clawback_minor=sealing.clawback_minor,
            standing=standings.standing_json(sealing.standing),
            approved_hash=sealing.approval.settlement_hash if sealing.approval else None,
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "return_id", "settlement_no"])
        .returning(SettlementModel.settlement_no)
    )
    if new is not None:
        if known != sealing.standing and known is not None:
            raise StandingChangedError(known)
        return True
    amount_minor, currency, lot_ids, standing = (
        await connection.execute(
            select(
                SettlementModel.amount_minor,
                SettlementModel.currency,
                SettlementModel.lot_ids,
                SettlementModel.standing,
            ).where(
                SettlementModel.tenant_id == sealing.tenant_id,
                SettlementModel.return_id == sealing.return_id,
                SettlementModel.settlement_no == sealing.number,
            )
        )
    ).one()
    if lot_ids and tuple(lot_ids) != sealing.lot_ids:
        raise OtherLotsError(tuple(lot_ids))
    if sealing.standing is not None and standing is not None:
        sealed_on = standings.standing_from(standing)
        if sealed_on != sealing.standing:
            raise StandingChangedError(sealed_on)
    if (amount_minor, currency) != (sealing.amount_minor, sealing.currency):
        raise SealedOtherwiseError(
            f"settlement {sealing.number} of return {sealing.return_id} was sealed for "
            f"{amount_minor} {currency}, found {sealing.amount_minor} {sealing.currency}"
        )
    return False


async def issue_note(connection: AsyncConnection, sealing: Sealing) -> None:
    """Issue the credit note of a settlement that was just sealed, where it has one.

    Raises:
        SealedOtherwiseError: its rows do not add up to the settlement.
    """
    if sealing.note is None:
        return
    try:
        await credit_notes.issue(
            connection,
            sealing.note,
            tenant_id=sealing.tenant_id,
            return_id=sealing.return_id,
            order_id=sealing.order_id,
            settlement_no=sealing.number,
            currency=sealing.currency,
            total_minor=sealing.amount_minor,
        )
    except NoteSumError as error:
        raise SealedOtherwiseError(str(error)) from error


def new_intent(sealing: Sealing, balance: TenderBalance, part: int) -> dict[str, object]:
    """Return the row of the intent that pays ``part`` to a tender."""
    intent_id = part_id(sealing.return_id, "settlement", sealing.number, balance.tender_id)
    return {
        "tenant_id": sealing.tenant_id,
        "intent_id": intent_id,
        "return_id": sealing.return_id,
        "order_id": sealing.order_id,
        "settlement_no": sealing.number,
        "tender_id": balance.tender_id,
        "payment_ref": balance.payment_ref,
        "amount_minor": part,
        "currency": sealing.currency,
        "idempotency_key": refund_key(intent_id, 0),
        "tender_kind": balance.kind,
    }
