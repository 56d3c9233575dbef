"""What a start asks for: whoever wrote it, in whatever language, is told what cannot be read."""

from typing import Any

from pydantic import TypeAdapter, ValidationError

from domain.paths import written
from workflows.messages import Refusal, StartReturn

_START: TypeAdapter[StartReturn] = TypeAdapter(StartReturn)


def read_start(given: StartReturn | Any) -> StartReturn | Refusal:
    """Return the start, or the refusal of one that breaks its form: it names the field.

    Raises:
        ValidationError: of a run that takes over from another. Nobody's request is wrong then, but
            our reading of it: the run stands still until that is mended.
    """
    try:
        return _START.validate_python(given)
    except ValidationError as error:
        if isinstance(given, dict) and given.get("resumed") is not None:
            raise
        wrong = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = written(wrong["loc"])
        return Refusal("invalid_request", f"{field or 'input'}: {wrong['msg']}", field or None)
