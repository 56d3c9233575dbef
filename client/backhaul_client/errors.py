"""The one error of this client."""

from collections.abc import Sequence


class BackhaulError(Exception):
    """The API refused or failed; nothing was changed unless ``code`` is ``not_confirmed``.

    Args:
        status: The HTTP status.
        code: Stable, for programs; ``unknown`` when the answer was not one of the API's problems.
        detail: What was wanted and found, for people.
        field: The offending field of the request, where one is to blame.
        allowed_commands: What the return would take instead, when a command was refused.
        version: The return's version, when a command was refused.
        retry_after_seconds: When to try again, where the API knows.
    """

    def __init__(
        self,
        *,
        status: int,
        code: str,
        detail: str,
        field: str | None = None,
        allowed_commands: Sequence[str] | None = None,
        version: int | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        place = f" ({field})" if field else ""
        super().__init__(f"{status} {code}{place}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.field = field
        self.allowed_commands = tuple(allowed_commands) if allowed_commands is not None else None
        self.version = version
        self.retry_after_seconds = retry_after_seconds
