"""What a new run of a return starts with, as the text that the projection keeps."""

from pydantic import TypeAdapter

from workflows.messages import StartReturn

START: TypeAdapter[StartReturn] = TypeAdapter(StartReturn)
"""Here, for this module is loaded once and not with every run: to learn the form takes 50 ms."""


def dump(start: StartReturn) -> str:
    return START.dump_json(start).decode()


def load(kept: str | None) -> StartReturn | None:
    """Return the start; ``None`` where the projection keeps none."""
    return START.validate_json(kept) if kept is not None else None
