"""The sweep: finds returns whose run the engine has lost. A schedule starts it again and again."""

from temporalio import workflow

from activities.sweeping import SweepActivities, SweepFrom
from workflows.options import SWEEP
from workflows.round_messages import Sweep
from workflows.steps import call


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
