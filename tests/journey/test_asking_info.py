"""A reviewer's question and its answer over HTTP and on the command line."""

from typing import Any

import pytest

from backhaul_client import AnswerInfoCommand, PhotoReference
from tests.support.asking import PATIENCE, complained, new_key
from tests.support.house import TENANT
from tests.support.journey import Journey
from tests.support.terminal import Terminal, sign_in

PHOTO = PhotoReference(url="https://example.com/1.jpg", sha256="a" * 64)


async def test_a_question_is_asked_answered_and_read_beside_the_rules(
    journey: Journey, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reviewer types it, the shop passes the answer on, and both stand in `explain`."""
    view = await complained(journey)
    shop = journey.client()
    sign_in(journey, monkeypatch, "reviewer")

    asked = await terminal.type("returns", "ask", view.rma_no, "Where is it broken?")
    open_ = await shop.wait_until(
        view.return_id, lambda seen: seen.headline == "AWAITING_INFO", timeout=PATIENCE
    )
    waiting = await terminal.type("ops", "explain", view.rma_no)
    command = AnswerInfoCommand(answer="At the foot.", evidence=(PHOTO,))
    await shop.answer_info(view.return_id, command, idempotency_key=new_key())
    await shop.wait_until(
        view.return_id, lambda seen: seen.headline == "IN_REVIEW", timeout=PATIENCE
    )
    shown = await terminal.type("returns", "get", view.rma_no)
    found = await shop.explain(view.return_id)

    assert asked[0] == 0
    assert open_.next_step is not None
    assert (open_.next_step.owner, open_.next_step.by is not None) == ("customer", True)
    assert "awaiting_info (question/1)" in waiting[1]
    assert "not answered yet" in waiting[1]
    assert "Where is it broken?" in shown[1]
    assert "answered: At the foot." in shown[1]
    assert PHOTO.url in shown[1]
    assert found.review is not None
    assert found.review.questions[0].answer == "At the foot."


async def test_ops_pass_an_answer_on_that_came_by_telephone(
    journey: Journey, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Evidence is named by its hash and where it lies."""
    view = await complained(journey)
    sign_in(journey, monkeypatch, "reviewer")
    await terminal.type("returns", "ask", view.rma_no, "Where is it broken?")
    sign_in(journey, monkeypatch, "ops")

    done = await terminal.type(
        *("returns", "answer", view.rma_no, "At the foot."),
        *("--evidence", f"{PHOTO.sha256}={PHOTO.url}"),
    )

    assert done[0] == 0
    seen = await journey.client().wait_until(
        view.return_id, lambda seen: seen.headline == "IN_REVIEW", timeout=PATIENCE
    )
    assert seen.review is not None
    assert [row.url for row in seen.review.questions[0].evidence] == [PHOTO.url]


@pytest.mark.parametrize(
    ("role", "command", "body", "refused"),
    [
        ("reviewer", "ask-info", {}, (400, "invalid_request", "question")),
        ("reviewer", "ask-info", {"question": "   "}, (400, "invalid_request", "question")),
        ("platform", "ask-info", {"question": "Why?"}, (403, "forbidden", None)),
        ("platform", "answer-info", {"answer": "So."}, (409, "command_not_allowed", None)),
        (
            "platform",
            "answer-info",
            {"evidence": [{"url": "ftp://x", "sha256": "a" * 64}]},
            (400, "invalid_request", "evidence[0].url"),
        ),
    ],
)
async def test_bad_questions_and_answers_are_refused(
    journey: Journey,
    role: str,
    command: str,
    body: dict[str, Any],
    refused: tuple[int, str, str | None],
) -> None:
    """The field is named, and the return stays as it was."""
    view = await complained(journey)

    response = await journey.http[TENANT, role].post(
        f"/v1/returns/{view.return_id}/commands/{command}",
        json=body,
        headers={"Idempotency-Key": new_key()},
    )

    problem = response.json()
    assert (response.status_code, problem["code"], problem.get("field")) == refused
    assert (await journey.client().get_return(view.return_id)).headline == "IN_REVIEW"
