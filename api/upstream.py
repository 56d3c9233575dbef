"""What the platform's trouble is to whoever asked us: the words of a refusal."""

from temporalio.exceptions import ApplicationError

from domain.codes import PROBLEMS, RefusedError


def refusal_of(error: ApplicationError) -> RefusedError:
    """Return the refusal that a reading activity's error stands for, outside of any workflow."""
    code = error.type or ""
    field = error.details[1] if len(error.details) > 1 else None
    if code in PROBLEMS:
        return RefusedError(code, error.message, field=str(field) if field else None)
    if code == "ProviderUnavailable":
        return RefusedError("platform_unavailable", error.message)
    return RefusedError("bad_upstream_data", error.message, field=str(field) if field else None)
