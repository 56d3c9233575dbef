"""Read the peak calendars that delays are foretold with: the shipped ones, or another file."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from domain.peaks import Calendar, parse_calendars
from packs.files import read_document


@cache
def load_calendars(path: Path | None = None) -> Mapping[str, Calendar]:
    """Return the calendars in this file, or the shipped ones, checked once per process.

    Raises:
        PolicyError: the file cannot be read, or holds no calendars; the message says where.
    """
    if path is None:
        return parse_calendars(json.loads((files("domain") / "peaks.json").read_text()))
    return parse_calendars(read_document(path, name=path.name))
