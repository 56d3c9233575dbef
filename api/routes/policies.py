"""A tenant's own policies: drafted, compared, published by a second person."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.asking import KEY_REQUIRED, ServicesOf
from api.auth import Caller, needs
from api.days import Day
from backhaul_client.policies import (
    DecidedUnderPage,
    DecidedUnderView,
    MoneyChange,
    NewPublication,
    NewSimulation,
    PolicyChange,
    PolicyDiff,
    PolicyVersionList,
    PolicyVersionView,
    PolicyView,
    SimulatedLine,
    SimulationView,
    VerdictChange,
)
from domain.codes import RefusedError
from domain.policy_versions import PolicyVersion
from domain.simulating import Simulated
from storage.cursors import BadCursorError
from storage.policy_versions import StoredPolicy

router = APIRouter(prefix="/v1/policies", tags=["policies"])
Reader = Annotated[Caller, needs("read-policies")]


class UnderQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=500)] = 100
    cursor: Annotated[str, Field(max_length=500)] | None = None


@router.get("", operation_id="list_policies")
async def list_policies(caller: Reader, services: ServicesOf) -> PolicyVersionList:
    """List the tenant's versions by the day that they begin on, drafts too."""
    found = await services.policies.list(caller.tenant_id)
    return PolicyVersionList(items=tuple(map(_version, found)))


@router.get("/current", operation_id="current_policy")
async def current_policy(
    caller: Reader, services: ServicesOf, on: Annotated[Day | None, Query()] = None
) -> PolicyView:
    """Read the version that governs contracts of a day; of today (UTC) unless stated."""
    day = on or datetime.now(UTC).date()
    return _policy(await services.policies.current(caller.tenant_id, day))


@router.get("/{ref}", operation_id="get_policy")
async def get_policy(caller: Reader, ref: str, services: ServicesOf) -> PolicyView:
    """Read one version, `ID@VERSION`, with its document as it was sent."""
    return _policy(await services.policies.get(caller.tenant_id, ref))


@router.put(
    "/{ref}",
    operation_id="put_policy",
    responses={201: {"model": PolicyVersionView, "description": "A new draft"}},
)
async def put_policy(
    caller: Annotated[Caller, needs("draft-policy")],
    ref: str,
    document: Annotated[dict[str, Any], Body()],
    services: ServicesOf,
    response: Response,
) -> PolicyVersionView:
    """Store a draft, or replace it by other content. The same again changes nothing.

    A pack that is wrong is refused with its path as the `field`.
    """
    stored, is_new = await services.policies.put_draft(
        caller.tenant_id, ref, document, actor=caller.actor
    )
    response.status_code = 201 if is_new else 200
    return _version(stored)


@router.get("/{ref}/diff", operation_id="diff_policies")
async def diff_policies(
    caller: Reader, ref: str, to: Annotated[str, Query()], services: ServicesOf
) -> PolicyDiff:
    """Say how the version `to` differs from this one, path by path."""
    compared = await services.policies.diff(caller.tenant_id, ref, to)
    return PolicyDiff(
        before=compared.before.ref,
        after=compared.after.ref,
        changes=tuple(PolicyChange(**asdict(one)) for one in compared.differences),
    )


@router.get("/{ref}/returns", operation_id="list_decided_under")
async def list_decided_under(
    caller: Reader, ref: str, query: Annotated[UnderQuery, Query()], services: ServicesOf
) -> DecidedUnderPage:
    """List the returns of which a line rests on this version, or had it weighed, the newest first.

    Whom a correction of it concerns: what was decided stays, and a person may override it.
    """
    try:
        page = await services.decided_under.page(
            caller.tenant_id, ref, limit=query.limit, cursor=query.cursor
        )
    except BadCursorError as error:
        raise RefusedError("invalid_cursor", str(error), field="cursor") from error
    if not page.rows:
        # A name that nobody knows is refused; the operator's own pack is known by what it decided.
        await services.policies.get(caller.tenant_id, ref)
    items = tuple(DecidedUnderView(**asdict(row)) for row in page.rows)
    return DecidedUnderPage(items=items, next_cursor=page.next_cursor)


@router.post("/simulate", operation_id="simulate_policy")
async def simulate_policy(
    caller: Annotated[Caller, needs("draft-policy")], body: NewSimulation, services: ServicesOf
) -> SimulationView:
    """Try a pack on the returns of the last days. Writes nothing, so it needs no key."""
    tried = await services.simulations.of(caller.tenant_id, body.document, days=body.since_days)
    found = tried.found
    return SimulationView(
        since=tried.since,
        is_cut=tried.is_cut,
        returns=found.returns,
        lines=found.lines,
        changed=found.changed,
        verdicts=tuple(
            VerdictChange(before=before, after=after, lines=lines)
            for before, after, lines in found.verdicts
        ),
        money=tuple(
            MoneyChange(currency=currency, before_minor=before, after_minor=after)
            for currency, before, after in found.money
        ),
        without_money=found.without_money,
        examples=tuple(map(_example, found.examples)),
        untried=found.untried,
    )


@router.post("/{ref}/publish", operation_id="publish_policy", dependencies=[KEY_REQUIRED])
async def publish_policy(
    caller: Annotated[Caller, needs("publish-policy")],
    ref: str,
    body: NewPublication,
    services: ServicesOf,
) -> PolicyVersionView:
    """Let a draft that somebody else made govern the contracts of its days, for good.

    It closes the open end of the version before it. Repeating it changes nothing.
    """
    published = await services.policies.publish(
        caller.tenant_id, ref, content_hash=body.content_hash, actor=caller.actor
    )
    return _version(published)


def _example(line: Simulated) -> SimulatedLine:
    before, after = line.recorded.decision, line.after
    return SimulatedLine(
        return_id=line.recorded.return_id,
        rma_no=line.recorded.rma_no,
        line_id=after.line_id,
        before=before.verdict,
        after=after.verdict,
        before_codes=before.reason_codes,
        after_codes=after.reason_codes,
        currency=line.recorded.currency,
        before_minor=line.before_minor,
        after_minor=line.after_minor,
        explanation=after.explanation,
    )


def _version(about: PolicyVersion) -> PolicyVersionView:
    return PolicyVersionView(**_told(about))


def _policy(stored: StoredPolicy) -> PolicyView:
    return PolicyView(**_told(stored.about), document=stored.document)


def _told(about: PolicyVersion) -> dict[str, Any]:
    today = datetime.now(UTC).date()
    return {"ref": about.ref, "state": about.state(today)} | asdict(about)
