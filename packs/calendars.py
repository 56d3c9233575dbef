"""Public holidays of a place, from the ``holidays`` library, where a rule rolls over them."""

from datetime import date
from functools import cache

import holidays


@cache
def closed_days(
    country: str, subdivision: str | None, year: int, categories: tuple[str, ...] = ("public",)
) -> tuple[date, ...]:
    """Return the holidays of a country, or a part of it, in one year, in order.

    Raises:
        KeyError: the library knows no such country or part.
        ValueError: it does not have holidays of such a category for the country.
    """
    try:
        calendar = holidays.country_holidays(
            country, subdiv=subdivision, years=year, categories=categories
        )
    except NotImplementedError as error:  # what `holidays` raises for a place it does not know
        raise KeyError(subdivision or country) from error
    return tuple(sorted(calendar))
