"""Public holidays of a place, from the ``holidays`` library, where a rule rolls over them."""

from datetime import date
from functools import cache

import holidays


@cache
def closed_days(country: str, subdivision: str | None, year: int) -> tuple[date, ...]:
    """Return the public holidays of a country, or a part of it, in one year, in order.

    Raises:
        KeyError: the library knows no such country or part.
    """
    try:
        calendar = holidays.country_holidays(country, subdiv=subdivision, years=year)
    except NotImplementedError as error:  # what `holidays` raises for a place it does not know
        raise KeyError(subdivision or country) from error
    return tuple(sorted(calendar))
