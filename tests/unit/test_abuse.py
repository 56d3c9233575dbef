"""Signals of abuse send a return to a person, with all that was computed, and refuse nothing."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.abuse import NO_SIGNALS, AbuseSignals, Measure, Recent, Signal, signals_of
from domain.eligibility import Verdict
from domain.granting import apply_policy
from domain.orders import Order
from domain.pack_reading import PolicyError
from domain.policy_reading import parse_policy
from domain.requests import RequestedLine
from domain.returns import Return
from domain.settlement import settle
from domain.view import document
from domain.waiting import waits
from tests.support.builders import NOW, opened, order, order_line, pack

LIMITS = AbuseSignals(10, 90, 30, 60, (("EUR", 50_000),), 365)
BLOCKED = replace(order(), customer_blocked=True)


def counted(recent: Recent, units: int = 1, *, of: Order | None = None) -> list[Measure]:
    found = signals_of(LIMITS, of or order(), recent, [("shoes", units)])
    return [signal.measure for signal in found]


def with_signals(ret: Return) -> Return:
    return replace(ret, signals=(Signal(Measure.RETURNS, 10, 10, 90),))


class TestCounting:
    @pytest.mark.parametrize(
        ("recent", "reached"),
        [
            (Recent(8, 0, 0), []),
            (Recent(9, 0, 0), [Measure.RETURNS]),
            (Recent(0, 27, 0), []),
            (Recent(0, 28, 0), [Measure.UNITS]),
            (Recent(0, 0, 50_000 - 2_381), []),
            (Recent(0, 0, 50_000 - 2_380), [Measure.VALUE]),
            (Recent(9, 28, 50_000), [Measure.RETURNS, Measure.UNITS, Measure.VALUE]),
        ],
    )
    def test_edge_18_a_limit_is_reached_with_the_return_itself(
        self, recent: Recent, reached: list[Measure]
    ) -> None:
        """Two of three shoes cost 23.80; the tenth return, or the thirtieth unit, is looked at."""
        assert counted(recent, 2) == reached

    def test_edge_18_says_what_was_counted(self) -> None:
        """The reviewer reads how many in how many days, and from where on they are looked at."""
        found = signals_of(LIMITS, order(), Recent(11, 0, 0), [("shoes", 1)])

        assert found == (Signal(Measure.RETURNS, 12, 10, 90),)

    def test_a_value_in_another_currency_is_not_compared(self) -> None:
        """Yen have no limit here, so none is reached."""
        assert counted(Recent(0, 0, 10**9), of=order(currency="JPY")) == []

    def test_what_is_left_out_is_not_counted(self) -> None:
        """Without limits the most zealous customer is like any other."""
        past = Recent(10**6, 10**6, 10**9)

        assert signals_of(NO_SIGNALS, order(), past, [("shoes", 3)]) == ()

    def test_a_guest_has_no_past(self) -> None:
        """Where nobody is named nothing is counted."""
        assert signals_of(LIMITS, order(), None, [("shoes", 3)]) == ()

    def test_edge_17_a_block_needs_no_count(self) -> None:
        """The platform blocks whom it wants, also where the pack counts nothing."""
        assert signals_of(NO_SIGNALS, BLOCKED, None, []) == (Signal(Measure.BLOCKED),)


class TestRouting:
    def test_edge_18_what_the_rules_computed_is_attached(self) -> None:
        """A grant waits for a person, with rule, terms and amount as they would have been."""
        plain = apply_policy(opened(), at=NOW)[0]

        ret, (started,) = apply_policy(with_signals(opened()), at=NOW)

        assert (plain.authorization, ret.authorization) == ("APPROVED", "IN_REVIEW")
        assert [line.decision for line in ret.lines] == [line.decision for line in plain.lines]
        assert settle(ret, ret.lots) == settle(plain, plain.lots)
        assert "M_ABUSE_SIGNAL" in str(started.data["codes"])
        counts = [{"measure": "returns", "counted": 10, "limit": 10, "days": 90}]
        assert started.data["signals"] == counts
        assert document(ret)["signals"] == counts
        (wait,) = waits(ret)
        assert (wait.code, wait.detail) == ("awaiting_review", "M_ABUSE_SIGNAL")

    def test_edge_17_a_block_refuses_nothing(self) -> None:
        """A new request of a blocked customer is a person's to decide."""
        ret, _ = apply_policy(opened(of=BLOCKED), at=NOW)

        assert ret.authorization == "IN_REVIEW"
        assert ret.lines[0].decision.verdict is Verdict.APPROVE

    def test_what_the_rules_deny_stays_denied(self) -> None:
        """No person is troubled with what nobody may have anyway."""
        ret, _ = apply_policy(with_signals(opened(of=order(order_line(final_sale=True)))), at=NOW)

        assert ret.authorization == "DENIED"

    def test_without_a_signal_the_document_does_not_speak_of_any(self) -> None:
        """A plain return says nothing of its customer."""
        assert "signals" not in document(opened())

    @given(recent=st.builds(Recent, *[st.integers(0, 10**6)] * 3), blocked=st.booleans())
    def test_edge_18_no_count_ever_changes_what_the_rules_say(
        self, recent: Recent, blocked: bool
    ) -> None:
        """Whoever it is, each line is decided alike, and what is denied has no signal's code."""
        bought = replace(
            order(order_line(), order_line("hat", final_sale=True)), customer_blocked=blocked
        )
        asked = (RequestedLine("shoes", 2), RequestedLine("hat", 1))
        plain = opened(*asked, of=bought)
        signals = signals_of(LIMITS, bought, recent, [("shoes", 2)])

        ret, _ = apply_policy(replace(plain, signals=signals), at=NOW)

        assert [line.decision for line in ret.lines] == [line.decision for line in plain.lines]
        expected = "IN_REVIEW" if signals else "PARTIALLY_APPROVED"
        assert ret.authorization == expected


class TestPack:
    def test_says_each_limit_with_its_days(self) -> None:
        """Returns, units and value, each over its own period."""
        signals = {
            "returns": {"count": 10, "days": 90},
            "units": {"count": 30, "days": 60},
            "value": {"amount_minor": {"EUR": 50_000}, "days": 365},
        }

        assert parse_policy(pack() | {"abuse_signals": signals}).abuse_signals == LIMITS

    @pytest.mark.parametrize(
        ("signals", "message"),
        [
            ([], "abuse_signals: wanted an object"),
            ({"refunds": {}}, "abuse_signals.refunds: wanted one of returns, units, value"),
            ({"returns": {"days": 90}}, "abuse_signals.returns.count: is missing"),
            (
                {"returns": {"count": 0, "days": 90}},
                "abuse_signals.returns.count: wanted 1 or more",
            ),
            ({"units": {"count": 3, "days": 0}}, "abuse_signals.units.days: wanted 1 to 730"),
            ({"units": {"count": 3, "days": 731}}, "abuse_signals.units.days: wanted 1 to 730"),
            ({"units": {"count": True, "days": 3}}, "abuse_signals.units.count: wanted a whole"),
            (
                {"value": {"amount_minor": {"EURO": 5}, "days": 3}},
                "abuse_signals.value.amount_minor.EURO: wanted a currency of ISO 4217",
            ),
            (
                {"value": {"amount_minor": {"EUR": 0}, "days": 3}},
                "abuse_signals.value.amount_minor.EUR: wanted 1 or more",
            ),
            (
                {"value": {"EUR": 5, "days": 3}},
                "abuse_signals.value.EUR: wanted one of amount_minor, days",
            ),
        ],
    )
    def test_that_makes_no_sense_is_refused_with_its_path(self, signals: Any, message: str) -> None:
        """A limit that is mistyped would route nobody."""
        with pytest.raises(PolicyError) as refused:
            parse_policy(pack() | {"abuse_signals": signals})

        assert str(refused.value).startswith(message)
