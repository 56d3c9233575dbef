"""How the embedded stack chooses its ports."""

import socket
from collections.abc import Iterator

import pytest

from runtime.devstack.ports import (
    PortTakenError,
    PortWish,
    choose_ports,
    free_port,
    is_free,
    moved,
)


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_a_configured_port_is_used() -> None:
    """Whoever names a port gets it."""
    port = free_port()

    assert choose_ports([PortWish("api", port, "BACKHAUL_API_PORT")], {}) == {"api": port}


def test_a_taken_port_is_refused_by_name_and_setting(taken: int) -> None:
    """The message says which port, and which setting would change it."""
    with pytest.raises(PortTakenError, match=f"port {taken} .* BACKHAUL_API_PORT"):
        choose_ports([PortWish("api", taken, "BACKHAUL_API_PORT")], {})


def test_two_services_cannot_have_one_port() -> None:
    """The second setting is the one to change."""
    port = free_port()

    with pytest.raises(PortTakenError, match="BACKHAUL_SANDBOX_PORT"):
        choose_ports(
            [
                PortWish("api", port, "BACKHAUL_API_PORT"),
                PortWish("sandbox", port, "BACKHAUL_SANDBOX_PORT"),
            ],
            {},
        )


def test_last_times_port_is_used_again(taken: int) -> None:
    """Links that were sent stay good, unless another program has taken the port since."""
    port = free_port()

    chosen = choose_ports([PortWish("api"), PortWish("smtp")], {"api": port, "smtp": taken})

    assert chosen["api"] == port
    assert chosen["smtp"] != taken


def test_says_where_it_went_instead_of_the_usual_port(taken: int) -> None:
    """Who expects the usual address is told the other one, and how to pin it."""
    wish = PortWish("api", setting="BACKHAUL_API_PORT", preferred=taken)
    chosen = choose_ports([wish], {})

    said = moved([wish], chosen)

    assert said == [
        f"port {taken} is taken: api listens on {chosen['api']}; BACKHAUL_API_PORT pins it"
    ]
    assert moved([wish], {"api": taken}) == []


def test_free_ports_are_all_different() -> None:
    """No two services are given the same one."""
    chosen = choose_ports([PortWish(str(number)) for number in range(20)], {})

    assert len(set(chosen.values())) == 20
    assert all(is_free(port) for port in chosen.values())
