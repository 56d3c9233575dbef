"""Days as queries name them."""

import re
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError


def _written(day: object) -> object:
    """Refuse what pydantic would take for a day besides: a number of seconds."""
    if isinstance(day, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
        raise PydanticCustomError("day", "wanted a day such as 2026-03-01")
    return day


Day = Annotated[date, BeforeValidator(_written)]
