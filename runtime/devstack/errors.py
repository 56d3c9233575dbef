"""What stops the embedded stack from starting or running, in words for the person who typed."""


class StackError(Exception):
    """The stack cannot do what was asked; the message says why and what would help."""


class AlreadyRunningError(StackError):
    """Another supervisor holds this data folder."""


class NotRunningError(StackError):
    """No supervisor holds this data folder."""
