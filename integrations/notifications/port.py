"""What Backhaul needs to write to people."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """One mail.

    ``message_id`` is ours and stays the same when a send is repeated; ``return_id`` marks the mail
    with the return it is about, for support desks that file by it.
    """

    message_id: str
    recipient: str
    subject: str
    text: str
    return_id: str = ""


class Mailer(Protocol):
    async def send(self, message: Message) -> None:
        """Hand the message to a mail server. May arrive twice when the last answer is lost.

        Raises:
            TemporarilyUnavailableError: try again later.
            RejectedError: the server refuses this recipient or message for good.
        """
