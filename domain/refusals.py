"""What facts refuse of a request, in the same words for a preview and for a start."""

from collections.abc import Sequence

from domain.codes import RefusedError
from domain.requests import ReturnRequest


def too_few(
    request: ReturnRequest, line_id: str, *, available: int, held_by: Sequence[str]
) -> RefusedError:
    """Return the refusal of a line whose units are not free; ``held_by`` are RMA numbers."""
    index = next(i for i, line in enumerate(request.lines) if line.line_id == line_id)
    held = f", held by {', '.join(held_by)}" if held_by else ""
    return RefusedError(
        "units_not_available", f"{available} left{held}", field=f"lines[{index}].quantity"
    )
