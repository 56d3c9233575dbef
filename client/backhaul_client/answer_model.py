"""What all answers are: unknown fields are ignored, so that newer servers keep working."""

from pydantic import BaseModel, ConfigDict


class AnswerModel(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class PageModel(AnswerModel):
    """Some of many; ``next_cursor`` is ``None`` on the last page."""

    next_cursor: str | None
