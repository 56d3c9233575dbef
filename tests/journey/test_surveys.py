"""The survey's link: one purpose, one answer that counts, and an end."""

from datetime import UTC, datetime, timedelta

from backhaul_client import BackhaulClient, NewSurveyAnswer
from runtime.tokens import token_hash
from storage.surveys import Surveys
from tests.support.asking import labelled
from tests.support.house import TENANT
from tests.support.journey import Journey


async def invited(journey: Journey, token: str, *, lasts: timedelta = timedelta(days=1)) -> None:
    """Send the customer of some return a link."""
    view = await labelled(journey)
    surveys = Surveys(journey.services.database)
    until = datetime.now(UTC) + lasts
    await surveys.invite(TENANT, view.return_id, token_hash(token), until)


async def test_the_first_answer_counts(journey: Journey) -> None:
    """Whoever has the link may answer; what comes later is kept and counts no more."""
    token = "first-answer-counts-token"
    await invited(journey, token)
    customer = BackhaulClient(journey.anonymous)

    before = (await journey.anonymous.get(f"/v1/surveys/{token}")).json()
    first = await customer.answer_survey(token, NewSurveyAnswer(csat=5, nps=9, comment="good"))
    second = await customer.answer_survey(token, NewSurveyAnswer(csat=1))
    after = (await journey.anonymous.get(f"/v1/surveys/{token}")).json()

    assert (first.counted, second.counted) == (True, False)
    assert (before["answered"], after["answered"]) == (False, True)
    assert set(before) == {"answered", "expires_at"}


async def test_an_expired_link_is_none(journey: Journey) -> None:
    """After its end a link looks like one that never was."""
    token = "an-expired-link-token"
    await invited(journey, token, lasts=timedelta(seconds=-1))

    response = await journey.anonymous.post(f"/v1/surveys/{token}", json={"csat": 5})

    assert (response.status_code, response.json()["code"]) == (404, "survey_not_found")


async def test_an_answer_outside_its_scale_is_refused(journey: Journey) -> None:
    """Satisfaction has five steps; the field is named."""
    token = "an-answer-outside-its-scale"
    await invited(journey, token)

    response = await journey.anonymous.post(f"/v1/surveys/{token}", json={"csat": 6})

    assert (response.status_code, response.json()["field"]) == (400, "csat")
    assert not (await journey.anonymous.get(f"/v1/surveys/{token}")).json()["answered"]
