"""The sweep: finds returns whose run the engine has lost. A schedule starts it again and again."""

from dataclasses import dataclass, field

from temporalio import workflow

from activities.sweeping import SweepActivities, SweepFrom
from workflows.options import SWEEP
from workflows.steps import call


@dataclass(frozen=True, slots=True)
class Sweep:
    """How far a sweep is, and what it saw: the start of one is empty."""

    following: SweepFrom = field(default_factory=SweepFrom)
    looked_at: int = 0
    changed: int = 0


@workflow.defn
class SweepWorkflow:
    @workflow.run
    async def run(self, done: Sweep) -> Sweep:
        following: SweepFrom | None = done.following
        while following is not None:
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(done)
            swept = await call(
                SweepActivities.sweep,
                following,
                summary=f"after {done.looked_at} returns",
                options=SWEEP,
            )
            following = swept.following
            done = Sweep(
                following or SweepFrom(),
                done.looked_at + swept.looked_at,
                done.changed + swept.changed,
            )
        return done
