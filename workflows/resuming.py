"""What a new run of a return starts with, as the text that the projection keeps."""

from pydantic import TypeAdapter

from workflows.messages import StartReturn

_START: TypeAdapter[StartReturn] = TypeAdapter(StartReturn)


def dump(start: StartReturn) -> str:
    return _START.dump_json(start).decode()


def load(kept: str | None) -> StartReturn | None:
    """Return the start; ``None`` where the projection keeps none."""
    return _START.validate_json(kept) if kept is not None else None
