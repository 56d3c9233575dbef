"""Finance compares a day's refunds with the provider's, over HTTP and on the command line."""

from datetime import UTC, date, datetime, timedelta

import pytest

from backhaul_client import BackhaulError
from tests.journey.test_webhooks import take_in
from tests.support.asking import PATIENCE, new_key, units_of
from tests.support.house import TENANT
from tests.support.journey import Journey
from tests.support.terminal import Terminal, sign_in


def today() -> date:
    return datetime.now(UTC).date()


async def by_hand(journey: Journey) -> str:
    """A refund that staff made of one cent of a paid order, after ours."""
    order = journey.sandbox.order("three-units")
    client = journey.client()
    started = await client.start_return(units_of(order), idempotency_key=new_key())
    await take_in(journey, started.return_id, "LAMP-DESK-WHITE")
    await client.wait_until(
        started.return_id,
        lambda seen: [s.refunds[0].state for s in seen.settlements] == ["succeeded"],
        timeout=PATIENCE,
    )
    return journey.sandbox.refund_by_hand(order["tenders"][0]["payment_ref"], 1)


async def test_a_day_is_compared_and_read_again(journey: Journey) -> None:
    """Whoever may read it reads what was found, with the provider's name of each refund."""
    refund_ref = await by_hand(journey)

    found = await journey.client("finance").books.reconcile(today(), idempotency_key=new_key())
    read = await journey.client("auditor").books.get_reconciliation(today())

    assert read == found
    assert found.provider == "stripe"
    assert found.counts["agrees"] >= 1
    (finding,) = [one for one in found.findings if one.refund_ref == refund_ref]
    assert (finding.verdict, finding.amount_minor, finding.now) == ("made_past_us", 1, "succeeded")


async def test_a_day_that_cannot_be_compared_says_why(journey: Journey) -> None:
    """One that lies ahead, and one that nobody compared."""
    finance = journey.client("finance")
    refused = []
    for asked in (
        finance.books.reconcile(today() + timedelta(days=1), idempotency_key=new_key()),
        finance.books.get_reconciliation(date(2020, 2, 29)),
    ):
        with pytest.raises(BackhaulError) as error:
            await asked
        refused.append((error.value.status, error.value.code))

    assert refused == [(400, "invalid_request"), (404, "reconciliation_not_found")]


@pytest.mark.parametrize("day", ["1700006400", "0001-01-01", "2026-02-30", "yesterday"])
async def test_what_is_no_day_is_refused(journey: Journey, day: str) -> None:
    """Before anything is asked of the provider."""
    http = journey.http[TENANT, "finance"]

    response = await http.post(f"/v1/reconciliations/{day}", headers={"Idempotency-Key": "k"})

    assert (response.status_code, response.json()["code"]) == (400, "invalid_request")
    assert '"day"' in response.text


async def test_a_day_is_printed_for_people_and_for_tables(
    journey: Journey, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same rows, in columns or as CSV."""
    refund_ref = await by_hand(journey)
    sign_in(journey, monkeypatch, "finance")
    day = ("--day", today().isoformat())

    shown = await terminal.type("finance", "reconcile", *day)
    table = await terminal.type("finance", "reconcile", *day, "--read", "--csv")

    assert f"{today()} at stripe:" in shown[1]
    assert "made_past_us" in shown[1]
    assert f"made_past_us,0.01 CNY,{refund_ref},,,,succeeded" in table[1].splitlines()
    assert table[1].splitlines()[0] == "verdict,amount,refund,intent,return,was,now"
