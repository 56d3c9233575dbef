"""docs/other-languages.md does what it says: every command of the page, as it stands there."""

import asyncio
import json
import os
import re
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from backhaul_client import WithdrawCommand
from domain.ids import return_id_for
from runtime.devstack.temporal import find_program
from tests.support.asking import PATIENCE, new_key
from tests.support.house import TENANT
from tests.support.journey import Journey

PAGE = Path(__file__).parents[2] / "docs" / "other-languages.md"
_SECONDS = 120.0


def blocks() -> dict[str, list[str]]:
    """Return the commands of the page that are meant to be run, by the heading they stand under."""
    found: dict[str, list[str]] = {}
    heading = ""
    pattern = r"^#+ (?P<heading>[^\n]+)$|^```bash\n(?P<code>.*?)^```$"
    for match in re.finditer(pattern, PAGE.read_text(), flags=re.MULTILINE | re.DOTALL):
        if match["heading"] is not None:
            heading = match["heading"]
        else:
            found.setdefault(heading, []).append(match["code"])
    return found


@dataclass(frozen=True, slots=True)
class Outside:
    """A shell with nothing but Temporal's program, curl, and the variables the page asks for."""

    variables: Mapping[str, str]

    async def run(self, *commands: str) -> list[str]:
        """Run commands one after the other in one shell; return what each of them printed."""
        script = "".join(f"{command}\nprintf '\\0'\n" for command in commands)
        shell = await asyncio.create_subprocess_exec(
            *("bash", "--noprofile", "--norc", "-euo", "pipefail", "-c", script),
            env={**self.variables},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(_SECONDS):
            printed, errors = await shell.communicate()
        assert shell.returncode == 0, f"{printed.decode()}\n{errors.decode()}"
        return printed.decode().split("\0")[: len(commands)]

    async def temporal(self, *words: str) -> tuple[int | None, str]:
        """Return exit status and all output of one command of Temporal's program."""
        command = await asyncio.create_subprocess_exec(
            *("temporal", *words),
            env={**self.variables},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(_SECONDS):
            printed, _ = await command.communicate()
        return command.returncode, printed.decode()


@pytest.fixture
def outside_world(journey: Journey) -> Outside:
    """What the page sets up, for the running house."""
    keys = {
        role: journey.http[TENANT, role].headers["Authorization"].removeprefix("Bearer ")
        for role in ("platform", "warehouse")
    }
    return Outside(
        {
            "PATH": f"{Path(find_program('temporal')).parent}:{os.environ['PATH']}",
            "HOME": os.environ.get("HOME", "/"),
            "TEMPORAL_CONFIG_FILE": os.devnull,
            "TEMPORAL_ADDRESS": journey.settings.temporal_address,
            "TEMPORAL_NAMESPACE": journey.settings.temporal_namespace,
            "TASK_QUEUE": journey.settings.task_queue,
            "TENANT": TENANT,
            "API": journey.settings.public_url,
            "PLATFORM_KEY": keys["platform"],
            "WAREHOUSE_KEY": keys["warehouse"],
            "ORDER": journey.sandbox.order("three-units")["order_id"],
            "KEY": new_key(),
            "NO_PROXY": "127.0.0.1",
        }
    )


def documents(printed: str) -> list[Any]:
    """Read JSON documents that follow each other."""
    decoder, found = json.JSONDecoder(), []
    rest = printed.strip()
    while rest:
        value, end = decoder.raw_decode(rest)
        found.append(value)
        rest = rest[end:].strip()
    return found


async def test_every_command_of_the_page_works(journey: Journey, outside_world: Outside) -> None:
    """A reader with Temporal's program and curl starts, reads, commands and withdraws returns."""
    if shutil.which("curl") is None:
        pytest.skip("NOT CHECKED: no curl here (Debian: apt-get install curl)")
    key, order_id = outside_world.variables["KEY"], outside_world.variables["ORDER"]
    page = blocks()
    commands = [command for under in page.values() for command in under]

    printed = dict(zip(commands, await outside_world.run(*commands), strict=True))

    def under(heading: str) -> list[list[Any]]:
        return [documents(printed[command]) for command in page[heading]]

    (example,) = printed[page["The id of a return"][0]].split()
    assert example == return_id_for("acme", "my-request-1")
    assert f"`{example}`" in PAGE.read_text()

    (started,), (again,) = under("Start, and wait for the decision")
    opened = started["updateResult"]
    assert opened["document"]["headline"] == "APPROVED"
    assert opened["return_id"] == return_id_for(TENANT, key)
    assert again["updateResult"] == opened
    ((current,),) = under("Read it")
    assert current["queryResult"][0]["rma_no"] == opened["document"]["rma_no"]
    ((received, graded),) = under("Command it")
    assert received["result"]["command_id"] == f"count-{key}"
    assert graded["result"]["version"] > received["result"]["version"]
    withdrawn = printed[page["Start now, ask later; change your mind"][0]]
    assert '"headline": "WITHDRAWN"' in withdrawn
    assert isinstance(under("Find many")[0][0], list)

    (by_http,), read, commanded, (refused,) = under("With curl alone")
    assert by_http["headline"] == "APPROVED"
    assert by_http["return_id"] == return_id_for(TENANT, f"{key}-curl")
    assert [view["return_id"] for view in read] == [by_http["return_id"]] * 2
    assert [answer["command_id"] for answer in commanded] == [f"count-{key}", f"grade-{key}"]
    assert refused["code"] == "command_not_allowed"

    events = await journey.client("ops").timeline(return_id_for(TENANT, f"{key}-third"))
    assert "inspection.held" in [event.type for event in events]

    # All four are one tenant's returns of one order, whichever door they came in by.
    found = [item async for item in journey.client("ops").list_returns(order_id=order_id)]
    assert len(found) == 4


async def test_a_return_started_with_a_minimum_is_refunded(
    journey: Journey, outside_world: Outside
) -> None:
    """What the page leaves out has its default: the money comes back once."""
    page = blocks()
    start = [*page["The id of a return"], *page["Start, and wait for the decision"]]
    return_id = return_id_for(TENANT, outside_world.variables["KEY"])

    await outside_world.run(*start, *page["Command it"])
    await journey.client().wait_until(
        return_id, lambda view: view.completed_at is not None, timeout=PATIENCE
    )

    refunds = journey.sandbox.ledger(return_id=return_id)["refunds"]
    assert [refund["status"] for refund in refunds] == ["succeeded"]


async def test_http_repeats_the_answer_of_a_direct_start(
    journey: Journey, outside_world: Outside
) -> None:
    """The same key through the other door meets the return that is there."""
    page = blocks()
    await outside_world.run(
        *page["The id of a return"], page["Start, and wait for the decision"][0]
    )

    answer = await journey.http[TENANT, "platform"].post(
        "/v1/returns",
        json={
            "order_id": outside_world.variables["ORDER"],
            "lines": [{"line_id": "line-1", "quantity": 1}],
        },
        headers={"Idempotency-Key": outside_world.variables["KEY"]},
    )

    assert answer.status_code == 200
    assert answer.json()["return_id"] == return_id_for(TENANT, outside_world.variables["KEY"])


@pytest.mark.parametrize(
    ("name", "payload", "said"),
    [
        ("record_inspection", {"lot_id": "line-1/1", "grade": "Z"}, "'A', 'B', 'C', 'D' or 'X'"),
        ("record_inspection", {"grade": "A"}, "lot_id"),
        ("receive", {"receipt_id": "R", "parcel": "P", "entries": [{"sku": "S"}]}, "quantity"),
        ("deny", {"reason": "no"}, "forbidden"),
        ("approve", {"line_ids": ["line-1"], "reason": 7}, "reason"),
        ("frobnicate", {}, "known updates"),
    ],
)
async def test_a_wrong_command_is_refused_and_named(
    journey: Journey, outside_world: Outside, name: str, payload: dict[str, Any], said: str
) -> None:
    """A wrong command fails for whoever gave it; the return never notices."""
    page = blocks()
    return_id = return_id_for(TENANT, outside_world.variables["KEY"])
    await outside_world.run(
        *page["The id of a return"], page["Start, and wait for the decision"][0]
    )
    info = {"command_id": new_key(), "actor": {"role": "warehouse", "actor_id": "dock-1"}}

    status, printed = await outside_world.temporal(
        *("workflow", "update", "execute", "--workflow-id", f"return/{return_id}"),
        *("--name", name, "--input", json.dumps({"info": info, **payload})),
    )

    assert status == 1
    assert said in printed
    assert "workflow_task_error=None" in repr((await journey.client().explain(return_id)).engine)


async def test_a_wrong_signal_changes_nothing(journey: Journey, outside_world: Outside) -> None:
    """News that cannot be read is dropped, and the return takes the next command."""
    page = blocks()
    return_id = return_id_for(TENANT, outside_world.variables["KEY"])
    await outside_world.run(
        *page["The id of a return"], page["Start, and wait for the decision"][0]
    )

    status, _ = await outside_world.temporal(
        *("workflow", "signal", "--workflow-id", f"return/{return_id}"),
        *("--name", "carrier_milestones", "--input", '{"delivery_id": "d1"}'),
    )
    withdrawn = await journey.client().withdraw(
        return_id, WithdrawCommand(), idempotency_key=new_key()
    )

    assert status == 0
    assert withdrawn.headline == "WITHDRAWN"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"order_id": "no-such-order"}, "order_not_found"),
        ({"lines": []}, "invalid_request"),
        ({"lines": [{"line_id": "line-1", "quantity": 0}]}, "invalid_quantity"),
        ({"lines": [{"line_id": "line-9", "quantity": 1}]}, "line_not_found"),
        ({"handover": "PICKUP"}, "invalid_request"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_start_that_contradicts_the_facts_is_refused(
    journey: Journey, outside_world: Outside, change: dict[str, Any], code: str
) -> None:
    """The run ends at once with the code, and nothing of it is left."""
    return_id = return_id_for(TENANT, new_key())

    await outside_world.temporal(*start_words(outside_world, return_id, change))
    status, printed = await outside_world.temporal(
        *("workflow", "result", "--workflow-id", f"return/{return_id}", "--output", "json")
    )

    assert status == 0, printed
    assert json.loads(printed)["result"]["opening"]["refusal"]["code"] == code
    assert (await journey.http[TENANT, "ops"].get(f"/v1/returns/{return_id}")).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ground": "NONSENSE"}, "request.ground"),
        ({"lines": [{"quantity": 1}]}, "request.lines[0].line_id"),
        ({"lines": [{"line_id": "line-1", "quantity": "many"}]}, "request.lines[0].quantity"),
        ({"lines": "all of them"}, "request.lines"),
    ],
)
async def test_an_unreadable_start_is_refused(
    journey: Journey, outside_world: Outside, change: dict[str, Any], field: str
) -> None:
    """What breaks its form ends at once with the field's name, and leaves nothing."""
    return_id = return_id_for(TENANT, new_key())
    await outside_world.temporal(*start_words(outside_world, return_id, change))
    status, printed = await outside_world.temporal(
        *("workflow", "result", "--workflow-id", f"return/{return_id}", "--output", "json")
    )

    assert status == 0, printed
    refusal = json.loads(printed)["result"]["opening"]["refusal"]
    assert (refusal["code"], refusal["field"]) == ("invalid_request", field)
    assert (await journey.http[TENANT, "ops"].get(f"/v1/returns/{return_id}")).status_code == 404


async def test_the_engine_understands_the_queries_of_the_runbook(outside_world: Outside) -> None:
    """Whoever looks for stuck returns copies a query that works."""
    runbook = (PAGE.parent / "runbook.md").read_text()
    asked = re.findall(r"^temporal workflow (list|count) --query (\".*\")$", runbook, re.MULTILINE)

    assert len(asked) >= 4
    for command, query in asked:
        status, printed = await outside_world.temporal(
            "workflow", command, "--query", *shlex.split(query)
        )
        assert status == 0, printed


def start_words(outside: Outside, return_id: str, change: dict[str, Any]) -> list[str]:
    request = {
        "order_id": outside.variables["ORDER"],
        "lines": [{"line_id": "line-1", "quantity": 1}],
        **change,
    }
    payload = {"tenant_id": TENANT, "return_id": return_id, "request": request}
    return [
        *("workflow", "start", "--type", "ReturnWorkflow"),
        *("--task-queue", outside.variables["TASK_QUEUE"]),
        *("--workflow-id", f"return/{return_id}"),
        *("--search-attribute", f'TenantId="{TENANT}"'),
        *("--input", json.dumps(payload)),
    ]
