"""Errors of outside systems, named by what the caller may do next.

IntegrationError
├── NotSentError                  nothing left this machine: repeat freely
├── TemporarilyUnavailableError   5xx, 429 or lost answer, and a repeat is safe: repeat the same
│   ├── ThrottledError            429: repeat after ``retry_after``
│   └── UnansweredError           sent under a key, no answer to go by: it may have had its effect
├── InProgressError               the same request is being worked on: wait, repeat the same
├── AmbiguousOutcomeError         sent, no answer, no key: look up before anything else
│   └── StoredFailureError        a failure is kept under the key: the same would get it again
├── AlreadyDoneError              the effect exists: look up and adopt it if it is ours
├── RejectedError                 the same request would be refused again
│   ├── NotFoundError             no such object
│   └── ActionRequiredError       a person must change something first (balance, account)
│       └── DisputedError         the customer's bank took the payment back, or may yet
├── ConfigurationError            401, 403, unknown account: every request would fail
├── KeyConflictError              same key, other content: a bug of ours
├── ProtocolError                 the answer breaks the provider's contract
└── WebhookError
    ├── WebhookSignatureError     missing, wrong or too old
    └── WebhookMalformedError     not what the provider sends
"""

from datetime import timedelta

from domain.texts import cleaned


class IntegrationError(Exception):
    """An outside system did not do what was asked.

    Args:
        system: Which one (``stripe``, ``easypost``, ``commerce``, ``smtp``).
        message: What was wanted and found; no personal data, no bodies.
        code: The system's own error code, where it gave one.
        field: The offending field, where one is known.

    The system may have put anything into these, and they are kept with the return: characters that
    cannot be are replaced.
    """

    def __init__(
        self,
        system: str,
        message: str,
        *,
        code: str | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(cleaned(f"{system}: {message}"))
        self.system = system
        self.code = cleaned(code) if code is not None else None
        self.field = cleaned(field) if field is not None else None


class NotSentError(IntegrationError):
    pass


class TemporarilyUnavailableError(IntegrationError):
    pass


class ThrottledError(TemporarilyUnavailableError):
    def __init__(self, system: str, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(system, message, code="throttled")
        self.retry_after = retry_after


class UnansweredError(TemporarilyUnavailableError):
    pass


class InProgressError(IntegrationError):
    pass


class AmbiguousOutcomeError(IntegrationError):
    pass


class StoredFailureError(AmbiguousOutcomeError):
    pass


class AlreadyDoneError(IntegrationError):
    pass


class RejectedError(IntegrationError):
    pass


class NotFoundError(RejectedError):
    pass


class ActionRequiredError(RejectedError):
    pass


class DisputedError(ActionRequiredError):
    pass


class ConfigurationError(IntegrationError):
    pass


class KeyConflictError(IntegrationError):
    pass


class ProtocolError(IntegrationError):
    pass


class WebhookError(IntegrationError):
    pass


class WebhookSignatureError(WebhookError):
    pass


class WebhookMalformedError(WebhookError):
    pass
