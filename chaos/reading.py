"""Both sides as they stand: what the engine keeps, and what the sandbox's ledger holds."""

from datetime import UTC, datetime, timedelta
from typing import Any

from chaos.counting import Asked, Case, Count, Found, count
from chaos.database import Observer
from chaos.holds import count_holds
from domain.ids import part_id
from domain.invariants import broken
from domain.lifecycle import TERMINAL_HEADLINES, Headline
from domain.orders import Destination, TenderKind
from domain.returns import Return
from runtime.devstack.tenant import SENDER
from workflows import resuming

Json = dict[str, Any]
_ENDED = {*TERMINAL_HEADLINES, Headline.COMPLETED}
_LATE = timedelta(seconds=60)
"""A deadline this long past, in a pace where days are seconds, is one that nobody minds."""

_RETURNS = """
SELECT r.return_id, r.headline, r.snapshot, r.resume_from::text AS resume_from, r.missing_since,
    (SELECT count(*) FROM refund_intents i
     WHERE i.tenant_id = r.tenant_id AND i.return_id = r.return_id
        AND i.state <> 'succeeded') AS unpaid
FROM returns r ORDER BY r.created_at, r.return_id
"""
_SETTLED = """
SELECT e.data->>'intent_id' AS intent_id FROM return_events e
WHERE e.type = 'refund.settled' AND NOT EXISTS (
    SELECT FROM return_events later
    WHERE later.return_id = e.return_id AND later.type = 'refund.failed'
        AND later.data->>'intent_id' = e.data->>'intent_id' AND later.ingest_no > e.ingest_no)
"""


_OVER_CAPTURED = """
SELECT t.order_id, t.tender_id, t.captured_minor, spent.minor
FROM tenders t JOIN (
    SELECT tenant_id, order_id, tender_id, sum(amount_minor) AS minor
    FROM refund_intents WHERE state <> 'rejected' GROUP BY tenant_id, order_id, tender_id
) spent USING (tenant_id, order_id, tender_id)
WHERE spent.minor + t.refunded_elsewhere_minor > t.captured_minor
"""
_NOT_ITS_INTENTS = """
SELECT s.return_id, s.settlement_no FROM settlements s
WHERE s.amount_minor <> (
    SELECT coalesce(sum(i.amount_minor), 0) FROM refund_intents i
    WHERE i.tenant_id = s.tenant_id AND i.return_id = s.return_id
        AND i.settlement_no = s.settlement_no)
"""


async def read_broken(database: Observer) -> tuple[str, ...]:
    """Check the rules that span returns, or that only the tables show."""
    over = await database.rows(_OVER_CAPTURED)
    split = await database.rows(_NOT_ITS_INTENTS)
    return (
        *(f"3: tender {row['tender_id']} of {row['order_id']} gives back too much" for row in over),
        *(f"4: settlement {row['settlement_no']} of {row['return_id']}" for row in split),
    )


async def read_value_ahead(database: Observer) -> int:
    """Count how often value went out before its goods."""
    query = "SELECT count(*) AS number FROM return_events WHERE type = 'recovery.opened'"
    (found,) = await database.rows(query)
    return int(found["number"])


async def read_cases(database: Observer) -> tuple[Case, ...]:
    """Read how every return stands."""
    now = datetime.now(UTC)
    return tuple(_case(row, now) for row in await database.rows(_RETURNS))


async def read_counts(database: Observer, ledger: dict[str, list[Json]]) -> tuple[Count, ...]:
    """Count every kind of effect on both sides; ``ledger`` is all that the sandbox holds."""
    intents = await database.rows("SELECT * FROM refund_intents")
    bookings = await database.rows("SELECT * FROM booking_intents")
    holds = await database.rows("SELECT * FROM holds")
    notices = await database.rows("SELECT notice_id, state FROM notices")
    settled = await database.rows(_SETTLED)
    returns = [ret for row in await database.rows(_RETURNS) if (ret := _return(row)) is not None]
    return (
        count(
            "refund",
            map(_refund_asked, filter(_is_of_a_provider, intents)),
            _refunds(ledger["refunds"]),
        ),
        *count_holds(holds, ledger["holds"]),
        count("label", _booked(bookings, "label-"), _labels(ledger["labels"])),
        count("pickup", _booked(bookings, "pickup-"), _pickups(ledger["pickups"], bookings)),
        count("stock move", _moves_asked(returns), _moves(ledger["stock_moves"])),
        count("replacement", _replacements_asked(returns), _replacements(ledger["replacements"])),
        count("mail", map(_mail_asked, notices), _mails(ledger["mails"]), may_repeat=True),
        count(
            "log of a refund",
            (Asked(row["intent_id"]) for row in intents if row["state"] == "succeeded"),
            (Found(str(row["intent_id"])) for row in settled),
        ),
    )


def _case(row: Json, now: datetime) -> Case:
    ret, shown = _return(row), row["snapshot"] or {}
    waits = shown.get("waiting_on", [])
    lost = row["missing_since"] is not None
    return Case(
        name=row["return_id"],
        headline=row["headline"],
        ended=row["headline"] in _ENDED and not row["unpaid"],
        waits=(*(wait["code"] for wait in waits), *(["workflow_missing"] if lost else [])),
        late=tuple(
            wait["code"]
            for wait in waits
            if datetime.fromisoformat(wait["deadline"]) < now - _LATE and not lost
        ),
        unpaid=row["unpaid"],
        broken=() if ret is None else broken(ret),
    )


def _return(row: Json) -> Return | None:
    start = resuming.load(row["resume_from"])
    return start.resumed.ret if start is not None and start.resumed is not None else None


def _is_of_a_provider(row: Json) -> bool:
    """Say whether a refund goes to a provider; what goes in kind is in our own books."""
    in_kind = TenderKind(row["tender_kind"]).is_in_kind
    return not in_kind and row["destination"] == Destination.ORIGINAL


def _refund_asked(row: Json) -> Asked:
    state = row["state"]
    return Asked(
        row["intent_id"],
        f"{row['amount_minor']} {row['currency']} on {row['payment_ref']}",
        wanted=state not in ("planned", "rejected"),
        certain=state in ("succeeded", "pending"),
    )


def _refunds(rows: list[Json]) -> list[Found]:
    return [
        Found(
            str(row["intent_id"]),
            f"{row['amount_minor']} {row['currency']} on {row['payment_ref']}",
        )
        for row in rows
        if row["status"] not in ("failed", "canceled")
    ]


def _booked(rows: list[Json], purpose: str) -> list[Asked]:
    return [
        Asked(row["reference"], wanted=row["state"] == "bought")
        for row in rows
        if row["purpose"].startswith(purpose)
    ]


def _labels(rows: list[Json]) -> list[Found]:
    return [Found(row["reference"]) for row in rows if row["status"] == "bought"]


def _pickups(rows: list[Json], bookings: list[Json]) -> list[Found]:
    """A visit that took place counts where its booking stands; where that ended it is over.

    One that several parcels share is a row of each, and stays while any of them waits for it.
    """
    standing = {row["reference"] for row in bookings if row["state"] == "bought"}
    shared = {row["confirmation"] for row in rows if row["reference"] in standing}
    return [
        Found(row["reference"])
        for row in rows
        if row["status"] == "scheduled"
        and (row["reference"] in standing or not (row["outcome"] or row["confirmation"] in shared))
    ]


def _moves_asked(returns: list[Return]) -> list[Asked]:
    return [
        Asked(
            part_id(ret.return_id, "stock", lot.lot_id, str(lot.disposition)),
            f"{lot.quantity} × {ret.line(lot.line_id).sku}",
        )
        for ret in returns
        for lot in ret.lots
        if lot.disposition_applied
    ]


def _moves(rows: list[Json]) -> list[Found]:
    return [Found(row["move_id"], f"{row['quantity']} × {row['sku']}") for row in rows]


def _replacements_asked(returns: list[Return]) -> list[Asked]:
    return [
        Asked(lot.replacement.reference, f"{lot.quantity} × {lot.replacement.sku}")
        for ret in returns
        for lot in ret.lots
        if lot.replacement is not None
        and lot.replacement.replacement_order_id is not None
        and not lot.replacement.called_off
    ]


def _replacements(rows: list[Json]) -> list[Found]:
    return [
        Found(row["reference"], f"{row['quantity']} × {row['sku']}")
        for row in rows
        if row["status"] != "cancelled"
    ]


def _mail_asked(row: Json) -> Asked:
    # One that is still due may have been taken although its answer was lost.
    return Asked(row["notice_id"], certain=row["state"] == "sent")


def _mails(rows: list[Json]) -> list[Found]:
    domain = SENDER.partition("@")[2]
    return [
        Found(str(row["message_id"]).removeprefix("<").removesuffix(f"@{domain}>")) for row in rows
    ]
