"""Survey links, found by the hash of their token, and the answers to them."""

from datetime import datetime

from sqlalchemy import func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.database import Database
from storage.models.arrivals import SurveyAnswerModel, SurveyInviteModel
from storage.models.returns import ReturnModel
from storage.rows import InviteRow

_FIND = text("SELECT tenant_id, return_id::text, expires_at FROM lookup_survey_invite(:hash)")


class Surveys:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def invite(
        self, tenant_id: str, return_id: str, token_hash: str, expires_at: datetime
    ) -> None:
        """Keep a link; a return may have several. Repeating one moves its expiry."""
        link = upsert(SurveyInviteModel).values(
            tenant_id=tenant_id,
            return_id=return_id,
            token_hash=token_hash,
            expires_at=expires_at,
        )
        async with self._database.tenant(tenant_id) as connection:
            await connection.execute(
                link.on_conflict_do_update(
                    index_elements=["tenant_id", "token_hash"],
                    set_={"expires_at": link.excluded.expires_at},
                )
            )

    async def find(self, token_hash: str) -> InviteRow | None:
        """Find a link, expired or not, of whichever tenant: two transactions."""
        async with self._database.lookup() as connection:
            row = (await connection.execute(_FIND, {"hash": token_hash})).one_or_none()
        if row is None:
            return None
        tenant_id, return_id, expires_at = row
        async with self._database.tenant(tenant_id) as connection:
            answers = await connection.scalar(
                select(func.count()).where(
                    SurveyAnswerModel.tenant_id == tenant_id,
                    SurveyAnswerModel.return_id == return_id,
                )
            )
        return InviteRow(tenant_id, return_id, expires_at, answered=bool(answers))

    async def record_answer(
        self,
        tenant_id: str,
        return_id: str,
        *,
        csat: int | None,
        nps: int | None,
        comment: str,
        answered_at: datetime,
    ) -> bool:
        """Keep an answer. ``True`` for the first one, which counts; later ones amend it.

        The same ``answered_at`` is the same answer: repeating it tells the same again.
        """
        async with self._database.tenant(tenant_id) as connection:
            # Answers of one return are numbered one after another.
            await connection.execute(
                select(ReturnModel.return_id)
                .where(ReturnModel.tenant_id == tenant_id, ReturnModel.return_id == return_id)
                .with_for_update()
            )
            rows = await connection.execute(
                select(SurveyAnswerModel.answer_no, SurveyAnswerModel.answered_at).where(
                    SurveyAnswerModel.tenant_id == tenant_id,
                    SurveyAnswerModel.return_id == return_id,
                )
            )
            numbers = {moment: number for number, moment in rows}
            if answered_at in numbers:
                return numbers[answered_at] == 1
            number = len(numbers) + 1
            await connection.execute(
                insert(SurveyAnswerModel).values(
                    tenant_id=tenant_id,
                    return_id=return_id,
                    answer_no=number,
                    csat=csat,
                    nps=nps,
                    comment=comment,
                    answered_at=answered_at,
                )
            )
            return number == 1
