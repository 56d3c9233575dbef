"""How much one person may grant, and who the second one may be."""

from dataclasses import replace

import pytest

from domain.allowed import allowed_commands
from domain.authority import check_authority, check_part
from domain.codes import RefusedError
from domain.commands import Actor
from domain.deadlines import pass_deadlines
from domain.drafts import registered
from domain.policies import Policy
from domain.requests import HandoverMethod
from domain.returns import Return
from domain.reviewing import LineReason, approved, with_first_reasons
from domain.view import document
from domain.waiting import waits
from tests.support.builders import after, decided, policy
from tests.support.reviewing import ASKED, RITA, approved_first, asked, in_review, limited
from tests.support.ruling import ruled_by

FAY = Actor("finance", "fay")
WORTH = 4060
"""What the shoes were paid with, in cents."""


def refusal(ret: Return, by: Actor, *known_as: str) -> tuple[str, str | None]:
    with pytest.raises(RefusedError) as refused:
        check_authority(ret, ["shoes"], None, by=by, known_as=known_as)
    return refused.value.code, refused.value.field


class TestTheFirst:
    @pytest.mark.parametrize("under", [limited(reviewer=WORTH), limited(finance=1), policy()])
    def test_up_to_the_limit_one_person_is_enough(self, under: Policy) -> None:
        """Nor does anybody need a second one where the pack names no limit for them."""
        ret = approved(in_review(under=under), ["shoes"], by=RITA, at=ASKED)[0]

        assert ret.headline == "APPROVED"

    def test_another_currency_has_no_limit(self) -> None:
        """Of it nobody said what a reviewer may grant."""
        ret = in_review(under=ruled_by(review_limits={"reviewer": {"USD": 1}}))

        assert approved(ret, ["shoes"], by=RITA, at=ASKED)[0].headline == "APPROVED"

    def test_above_it_the_return_waits_for_a_second_person(self) -> None:
        """Nothing is granted; the clock goes on, and finance reads who approved what."""
        ret = approved_first()

        (wait,) = waits(ret)
        assert (ret.headline, ret.lots[0].state) == ("IN_REVIEW", "PENDING")
        assert (wait.code, wait.owner) == ("awaiting_second_approval", "finance")
        assert wait.deadline == after(hours=24)
        assert wait.detail == "reviewer:rita approved shoes: 40.60 EUR, above 40.00 EUR"
        assert {"approve", "deny"} <= {*allowed_commands(ret)}

    def test_it_stands_in_the_document_and_the_log(self) -> None:
        ret, (fact,) = approved(in_review(under=limited(reviewer=1)), ["shoes"], by=RITA, at=ASKED)

        shown = document(ret)["review"]
        assert isinstance(shown, dict)
        assert shown["first_approval"] == {
            "line_ids": ["shoes"],
            "approved_by": "reviewer:rita",
            "approved_at": ASKED.isoformat(),
            "value_minor": WORTH,
            "limit_minor": 1,
            "handover": None,
        }
        assert (fact.type, fact.data["decided_by"]) == ("return.approved_first", "reviewer:rita")

    def test_nobody_at_all_leads_to_what_the_pack_says(self) -> None:
        """The clock's decision is the policy's own, at any value."""
        ret = pass_deadlines(approved_first(), at=after(hours=24))[0]

        assert ret.lines[0].authorization is not None
        assert (ret.headline, ret.lines[0].authorization.by) == ("APPROVED", "timeout")

    def test_another_step_of_the_reviewer_takes_it_back(self) -> None:
        """A question shows that it was not ripe."""
        ret = asked(limited(reviewer=1))

        assert ret.review is not None
        assert ret.review.first_approval is None


class TestTheSecond:
    def test_edge_19_above_the_limit_a_second_person_grants_it(self) -> None:
        """Both stand in the decision."""
        ret = approved_first()
        check_authority(ret, ["shoes"], None, by=FAY)

        ret, facts = approved(ret, ["shoes"], by=FAY, at=after(hours=7))

        assert ret.headline == "APPROVED"
        assert (facts[0].data["decided_by"], facts[0].data["approved_first_by"]) == (
            "finance:fay",
            "reviewer:rita",
        )

    def test_edge_19_the_first_one_is_not_the_second_one(self) -> None:
        """Nor under another key of the same person."""
        assert refusal(approved_first(), FAY, "rita") == ("four_eyes", None)
        assert refusal(approved_first(), Actor("ops", "rita")) == ("four_eyes", None)

    def test_edge_19_another_reviewer_is_no_second_person(self) -> None:
        """The same limit is theirs: they become the first, and it still waits."""
        ret = approved(approved_first(), ["shoes"], by=Actor("reviewer", "rob"), at=ASKED)[0]

        assert [wait.code for wait in waits(ret)] == ["awaiting_second_approval"]

    def test_edge_19_a_limit_of_the_second_one_counts_as_well(self) -> None:
        """Ops have none here."""
        ret = approved_first(limited(reviewer=1, finance=WORTH - 1))

        assert refusal(ret, FAY) == ("above_authority", None)
        check_authority(ret, ["shoes"], None, by=Actor("ops", "olga"))

    def test_they_decide_nothing_before_a_first_one(self) -> None:
        """Finance and ops neither grant nor deny what no reviewer approved."""
        with pytest.raises(RefusedError) as refused:
            check_part(in_review(), by=FAY)

        assert refused.value.code == "forbidden"
        assert refusal(in_review(), FAY) == ("forbidden", None)

    def test_they_approve_the_same(self) -> None:
        """Other lines, or another way back, are another decision."""
        with pytest.raises(RefusedError) as way:
            check_authority(approved_first(), ["shoes"], HandoverMethod.KEEP, by=FAY)
        with pytest.raises(RefusedError) as lines:
            check_authority(approved_first(), ["socks"], None, by=FAY)

        assert (way.value.field, lines.value.field) == ("handover", "line_ids")

    def test_the_reasons_of_the_first_one_are_theirs(self) -> None:
        """Unless they give their own."""
        why = LineReason("hat", "worn")
        first = approved(
            in_review(under=limited(reviewer=1)), ["shoes"], by=RITA, at=ASKED, reasons=[why]
        )[0]

        assert with_first_reasons(first, "", [], by=FAY) == ("", (why,))
        assert with_first_reasons(first, "no", [], by=FAY) == ("no", ())
        assert with_first_reasons(first, "", [], by=RITA) == ("", ())


class TestTheirOwnRequest:
    def test_edge_19_nobody_grants_what_they_asked_for(self) -> None:
        """By the same key, or another one of the same person."""
        ret = replace(in_review(), requested_by=Actor("platform", "key-1"))

        assert refusal(ret, Actor("reviewer", "key-1")) == ("four_eyes", None)
        assert refusal(ret, RITA, "key-2", "key-1") == ("four_eyes", None)
        check_authority(ret, ["shoes"], None, by=RITA, known_as=("key-2",))

    def test_it_is_remembered_where_a_person_decides(self) -> None:
        """A return that the policy grants by itself keeps nobody's name."""
        shop = Actor("platform", "shop")
        reviewed = replace(in_review(), requested_by=shop)
        plain = replace(decided(), requested_by=shop)

        assert registered(reviewed, reviewed, at=ASKED)[0].requested_by == shop
        assert registered(plain, plain, at=ASKED)[0].requested_by is None
