"""Survey links: the token in the path is the credential."""

from fastapi import APIRouter

from api.asking import ServicesOf
from backhaul_client.listing import SurveyReceipt, SurveyView
from backhaul_client.requests import NewSurveyAnswer

router = APIRouter(prefix="/v1/surveys", tags=["surveys"])


@router.get("/{token}", operation_id="get_survey")
async def get_survey(token: str, services: ServicesOf) -> SurveyView:
    """Say whether the survey was answered, and until when it can be."""
    invite = await services.surveys.find(token)
    return SurveyView(answered=invite.answered, expires_at=invite.expires_at)


@router.post("/{token}", operation_id="answer_survey")
async def answer_survey(token: str, body: NewSurveyAnswer, services: ServicesOf) -> SurveyReceipt:
    """Answer the survey. The first answer counts; later ones are kept beside it."""
    counted = await services.surveys.answer(
        token, csat=body.csat, nps=body.nps, comment=body.comment
    )
    return SurveyReceipt(counted=counted)
