"""How a parcel comes to the warehouse, and its goods to their grades, as most stories go."""

from typing import Any

from cli.demo.checks import has_arrived, is_ready
from cli.demo.story import Story


async def arrive(story: Story) -> None:
    """Hand the parcel in once its label is ready, and let the carrier deliver it."""
    ret = await story.until("the label is ready", is_ready)
    await story.travel(ret.deliveries[0])
    await story.until("the carrier delivered", has_arrived)


async def arrive_and_be_graded(
    story: Story, *lines: dict[str, Any], grade: str = "A", **found: Any
) -> None:
    """Let these lines arrive, or all of the order, and be counted in full and graded alike."""
    await arrive(story)
    counted = {str(line["sku"]): line["quantity"] for line in lines or story.order["lines"]}
    await story.receive("R-1", **counted)
    for lot in story.lots("RECEIVED"):
        await story.inspect(lot, grade, **found)
