"""What a start asks for: whoever wrote it, in whatever language, is told what cannot be read."""

from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from domain.paths import written
from domain.texts import WANTED, bad_text_in
from workflows.messages import Refusal, StartReturn
from workflows.resuming import START


def read_start(given: StartReturn | Any) -> StartReturn | Refusal:
    """Return the start, or the refusal of one that breaks its form: it names the field.

    What was kept before and is given to a new run is not asked again whether it can be kept.

    Raises:
        ValidationError: of a run that takes over from another. Nobody's request is wrong then, but
            our reading of it: the run stands still until that is mended.
    """
    try:
        start = START.validate_python(given)
    except ValidationError as error:
        if isinstance(given, dict) and given.get("resumed") is not None:
            raise
        wrong = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return _refused(written(wrong["loc"]), wrong["msg"])
    if start.resumed is None:
        bad = bad_text_in(replace(start, restarted=None))
        if bad is not None:
            return _refused(bad, WANTED)
    return start


def _refused(field: str, why: str) -> Refusal:
    return Refusal("invalid_request", f"{field or 'input'}: {why}", field or None)
