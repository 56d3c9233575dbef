"""``backhaul policy`` as people type it: with files alone, and against a running API."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from runtime.settings import variable
from tests.journey.test_policies import start
from tests.support.journey import Journey
from tests.support.sandbox import Sandbox
from tests.support.shop import Shop, open_shop, own_pack
from tests.support.terminal import Terminal


@pytest_asyncio.fixture
async def shop(journey: Journey, shared_sandbox: Sandbox) -> AsyncIterator[Shop]:
    async with open_shop(journey, shared_sandbox) as opened:
        yield opened


def file(folder: Path, version: str, **terms: Any) -> str:
    """Write a pack into a file, and return its name."""
    path = folder / f"own-{version}.json"
    path.write_text(json.dumps(own_pack(version, **terms)))
    return str(path)


async def sign_in(shop: Shop, monkeypatch: pytest.MonkeyPatch, role: str, label: str) -> None:
    """Let what is typed from now on be this person's."""
    http = await shop.http(role, label)
    monkeypatch.setenv(variable("api_url"), str(http.base_url))
    key = http.headers["Authorization"].removeprefix("Bearer ")
    monkeypatch.setenv(variable("api_key"), key)


async def test_a_policy_from_file_to_publication(
    shop: Shop, terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One person puts and tries it, another reads and publishes it, and a return goes by it."""
    await start(shop)
    await sign_in(shop, monkeypatch, "ops", "Dora")
    terms = {"places": ["CN"], "declares": {"return_terms_in_ad": True}}
    put = await terminal.type("policy", "put", file(tmp_path, "1", days=10, **terms))
    tried = await terminal.type("policy", "simulate", "OWN@1", "--since", "1d")
    content = put[1].splitlines()[-1]
    await sign_in(shop, monkeypatch, "admin", "Paul")
    shown = await terminal.type("policy", "show", "OWN@1")
    published = await terminal.type("policy", "publish", "OWN@1", content)
    listed = await terminal.type("policy", "list")
    after = await start(shop)
    decided = await terminal.type("policy", "decided", "OWN@1", "--limit", "1")

    assert [step[0] for step in (put, tried, shown, published, listed, decided)] == [0] * 6
    assert after.rma_no in decided[1]
    assert "APPROVE  REJECT  1" in tried[1]
    assert "125.24 CNY → 0.00 CNY (-125.24 CNY)" in tried[1]
    assert "X_WINDOW_EXPIRED" in tried[1]
    assert "not tried, for no record of a line says what it would do: declares" in tried[1]
    assert "OWN@1  DRAFT" in shown[1]
    assert content in shown[1]
    assert "OWN@1 is published and governs contracts from 2020-01-01" in published[1]
    assert "OWN@1   PUBLISHED  2020-01-01" in listed[1]
    assert after.lines[0].decision.policy_ref == "OWN@1"


async def test_refusals_name_the_path(
    shop: Shop, terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A pack that is wrong, and a publication by its drafter."""
    await sign_in(shop, monkeypatch, "admin", "Dora")
    wrong = await terminal.type("policy", "put", file(tmp_path, "1", pickup_attempts=9))
    put = await terminal.type("policy", "put", file(tmp_path, "2"))
    own = await terminal.type("policy", "publish", "OWN@2", put[1].splitlines()[-1])
    unread = await terminal.type("policy", "publish", "OWN@2", "no hash")

    assert (wrong[0], own[0], unread[0]) == (1, 1, 2)
    assert "422 invalid_policy (pickup_attempts): wanted 1 to 5" in wrong[2]
    assert "403 four_eyes" in own[2]
    assert "content_hash" in unread[2]


async def test_a_file_is_compared_with_what_governs(
    shop: Shop, terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Either side may be a file or a version on the server."""
    await shop.publish(own_pack("1"))
    await sign_in(shop, monkeypatch, "auditor", "Ada")

    differs = await terminal.type("policy", "diff", "OWN@1", file(tmp_path, "2", days=14))
    unknown = await terminal.type("policy", "diff", "OWN@1", "OWN@9")

    assert differs[:2] == (
        0,
        'version: "1" → "2"\nrules[STD-WITHDRAWAL-30].window.days: 30 → 14\n',
    )
    assert (unknown[0], "policy_not_found" in unknown[2]) == (1, True)


async def test_files_alone_need_no_server(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """They are compared and shown where nobody answers."""
    monkeypatch.setenv(variable("api_url"), "http://127.0.0.1:9")
    one, two = file(tmp_path, "1"), file(tmp_path, "2", customs_papers=True)
    torn = tmp_path / "torn.json"
    torn.write_text("{")

    differs = await terminal.type("policy", "diff", one, two)
    shown = await terminal.type("policy", "show", one)
    wrong = await terminal.type("policy", "show", file(tmp_path, "3", review_default="MAYBE"))
    unread = await terminal.type("policy", "diff", one, str(torn))
    missing = await terminal.type("policy", "show", str(tmp_path / "none.json"))

    assert differs[:2] == (0, 'version: "1" → "2"\ncustoms_papers: added true\n')
    assert "governs contracts from 2020-01-01, without an end" in shown[1]
    assert (wrong[0], "review_default: wanted APPROVE or DENY" in wrong[2]) == (2, True)
    assert (unread[0], "torn.json: " in unread[2]) == (2, True)
    assert (missing[0], "none.json: wanted a readable file" in missing[2]) == (2, True)
