"""Commands of a review: what a reviewer asks or offers, and what the customer says to it."""

from typing import Annotated

from fastapi import APIRouter

from api import reviewing
from api.routes.commands import Giver, giver_of
from backhaul_client import review
from backhaul_client.answers import CommandView

router = APIRouter(prefix="/v1/returns/{return_id}/commands", tags=["commands"])


@router.post("/ask-info", operation_id="ask_info")
async def ask_info(
    giver: Annotated[Giver, giver_of("ask-info")], body: review.AskInfoCommand
) -> CommandView:
    """Ask the customer for facts or evidence; the review's clock stands until the answer."""
    return await giver.give(body, reviewing.ask_info)


@router.post("/answer-info", operation_id="answer_info")
async def answer_info(
    giver: Annotated[Giver, giver_of("answer-info")], body: review.AnswerInfoCommand
) -> CommandView:
    """Answer a reviewer's question: the review goes on with what was left of its clock."""
    return await giver.give(body, reviewing.answer_info)


@router.post("/counter-offer", operation_id="counter_offer")
async def counter_offer(
    giver: Annotated[Giver, giver_of("counter-offer")], body: review.CounterOfferCommand
) -> CommandView:
    """Offer to let the goods be kept for a part of what was paid for them."""
    return await giver.give(body, reviewing.counter_offer)


@router.post("/accept-offer", operation_id="accept_offer")
async def accept_offer(
    giver: Annotated[Giver, giver_of("accept-offer")], body: review.AcceptOfferCommand
) -> CommandView:
    """Keep the goods for what is offered: that is paid at once, and nothing comes back."""
    return await giver.give(body, reviewing.accept_offer)


@router.post("/decline-offer", operation_id="decline_offer")
async def decline_offer(
    giver: Annotated[Giver, giver_of("decline-offer")], body: review.DeclineOfferCommand
) -> CommandView:
    """Leave the decision on an offer to the reviewer."""
    return await giver.give(body, reviewing.decline_offer)
