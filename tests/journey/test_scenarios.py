"""The demo's returns, from request to survey, each checked against what happened outside."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
import pytest_asyncio

from cli.demo.actors import Actors
from cli.demo.scenarios import SCENARIOS, Scenario
from cli.demo.story import Story
from cli.demo.world import World
from tests.support.journey import Journey


@pytest_asyncio.fixture
async def actors(journey: Journey) -> AsyncIterator[Actors]:
    """The shop, those who work with returns, and the world around them."""
    base_url = journey.sandbox.http.base_url
    async with httpx.AsyncClient(base_url=base_url, timeout=30, trust_env=False) as outside:
        yield Actors(
            shop=journey.client("platform"),
            warehouse=journey.client("warehouse"),
            reviewer=journey.client("reviewer"),
            ops=journey.client("ops"),
            engine=journey.services.temporal,
            world=World(outside, commerce_token="ct_1"),
        )


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
async def test_the_story_holds_outside(actors: Actors, scenario: Scenario) -> None:
    """Money, labels, visits, goods and mails at the providers are what the story says."""
    run_id = f"test-{uuid.uuid4().hex[:8]}"
    story = Story(scenario.name, run_id, datetime.now(UTC), actors, lambda _step: None)
    await story.place_order(scenario.example)

    await scenario.play(story)

    assert story.checks
    assert [what for what, holds in story.checks if not holds] == []
