"""Survey answers: the link's token is the credential, and serves this one purpose."""

import re
from datetime import UTC, datetime

import structlog
from temporalio.client import Client
from temporalio.service import RPCError

from activities.engine import ANSWERS_WITHIN
from domain.codes import RefusedError
from domain.ids import follow_up_id_for
from runtime.tokens import token_hash
from storage.rows import InviteRow
from storage.surveys import Surveys
from workflows.messages import SurveyAnswer

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,200}")
_log = structlog.get_logger(__name__)


class SurveysService:
    def __init__(self, temporal: Client, surveys: Surveys) -> None:
        self._temporal = temporal
        self._surveys = surveys

    async def find(self, token: str) -> InviteRow:
        """Return the link's survey.

        Raises:
            RefusedError: there is none, or it is over; the two are not told apart.
        """
        known = _TOKEN.fullmatch(token) is not None
        invite = await self._surveys.find(token_hash(token)) if known else None
        if invite is None or invite.expires_at <= datetime.now(UTC):
            raise RefusedError("survey_not_found", "no such survey, or it is over")
        return invite

    async def answer(self, token: str, *, csat: int, nps: int | None, comment: str) -> bool:
        """Keep an answer and return whether it counts: the first one does."""
        invite = await self.find(token)
        now = datetime.now(UTC)
        counted = await self._surveys.record_answer(
            invite.tenant_id,
            invite.return_id,
            csat=csat,
            nps=nps,
            comment=comment,
            answered_at=now,
        )
        if counted:
            # The comment may hold personal data: it stays in the table, out of the history.
            news = SurveyAnswer(csat, nps, "", event_id=now.isoformat())
            await self._tell(invite.return_id, news)
        return counted

    async def _tell(self, return_id: str, answer: SurveyAnswer) -> None:
        """Tell the follow-up, best effort: the stored answer counts whether it hears or not."""
        handle = self._temporal.get_workflow_handle(follow_up_id_for(return_id))
        try:
            await handle.signal("survey_answered", answer, rpc_timeout=ANSWERS_WITHIN)
        except RPCError as error:
            _log.warning("survey.untold", return_id=return_id, status=error.status.name)
