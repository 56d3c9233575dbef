"""Ports: the configured one, else the one of last time, else a free one."""

import random
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from runtime.devstack.errors import StackError

# Below the range that systems hand to outgoing connections, so that a port that was free while its
# server restarts is still free a moment later.
_FIRST, _LAST = 20_000, 29_999
_TRIES = 500


class PortTakenError(StackError):
    """A configured port is in use by another program."""


@dataclass(frozen=True, slots=True)
class PortWish:
    """What is known about one port before the start.

    Attributes:
        name: The service.
        configured: The port a setting asks for; 0 for any.
        setting: The variable that would configure it, None if there is none.
        preferred: Taken first when nothing is configured or remembered; 0 for none.
    """

    name: str
    configured: int = 0
    setting: str | None = None
    preferred: int = 0


def choose_ports(wishes: Iterable[PortWish], remembered: Mapping[str, int]) -> dict[str, int]:
    """Return a port for each wish, no two the same.

    Raises:
        PortTakenError: a configured port is not free, or two settings name the same one.
    """
    wishes = tuple(wishes)
    chosen: dict[str, int] = {}
    for wish in wishes:
        if not wish.configured:
            continue
        if wish.configured in chosen.values() or not is_free(wish.configured):
            raise PortTakenError(
                f"port {wish.configured} is already in use; free it, or set {wish.setting} "
                "to another port (0 for any free one)"
            )
        chosen[wish.name] = wish.configured
    for wish in wishes:
        if not wish.configured:
            candidates = (remembered.get(wish.name, 0), wish.preferred)
            chosen[wish.name] = _any_free(candidates, taken=frozenset(chosen.values()))
    return chosen


def moved(wishes: Iterable[PortWish], chosen: Mapping[str, int]) -> list[str]:
    """Say who listens elsewhere because another program has the port that people expect."""
    return [
        f"port {wish.preferred} is taken: {wish.name} listens on {chosen[wish.name]}; "
        f"{wish.setting} pins it"
        for wish in wishes
        if wish.preferred
        and not wish.configured
        and chosen[wish.name] != wish.preferred
        and not is_free(wish.preferred)
    ]


def is_free(port: int) -> bool:
    """Return whether nothing listens on ``port`` of the loopback address, or of all of them."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # A port whose last connections still wind down counts as free, as it does for servers.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """Return a port that nothing listens on."""
    return _any_free((), taken=frozenset())


def _any_free(candidates: Iterable[int], *, taken: frozenset[int]) -> int:
    tries = (random.randint(_FIRST, _LAST) for _ in range(_TRIES))  # noqa: S311  # not a secret
    for port in (*candidates, *tries):
        if port and port not in taken and is_free(port):
            return port
    raise StackError(f"no free port found between {_FIRST} and {_LAST}")
