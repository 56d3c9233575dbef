"""The sandbox is one process: it keeps its ledger over any end, and takes mail."""

import contextlib
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import IO

import aiosmtplib
import httpx
import pytest

from tests.support.sandbox import Sandbox
from tests.support.sandbox_client import SandboxClient, sandbox_client
from tests.support.webhook_receiver import webhook_receiver

ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def process(data: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], Sandbox]]:
    """Start a sandbox on free ports as a user would, and read its ready line."""
    command = [sys.executable, "-m", "sandbox", "--data", str(data), *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield child, ready(child.stdout)
        finally:
            child.kill()


def ready(output: IO[str] | None) -> Sandbox:
    assert output is not None
    line = output.readline()
    assert line.startswith("sandbox ready "), line
    facts = dict(word.split("=", 1) for word in line.split()[2:])
    return Sandbox(facts["url"], int(facts["smtp_port"]), Path())


def refund(control: SandboxClient, intent: str, *, key: str) -> httpx.Response:
    return control.http.post(
        "/stripe/v1/refunds",
        data={"payment_intent": intent, "amount": "5"},
        headers={"Authorization": "Bearer sk_test_x", "Idempotency-Key": key},
    )


def mail(**headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in {"From": "shop@example.com", "To": "sam@example.com", **headers}.items():
        message[name.replace("_", "-")] = value
    message.set_content("Grüße, your parcel is on its way.\n")
    return message


class TestEnd:
    def test_kill_loses_nothing(self, tmp_path: Path) -> None:
        """Orders, money, keys, faults and undelivered webhooks are there after kill -9."""
        with webhook_receiver() as receiver:
            with process(tmp_path) as (child, before), sandbox_client(before) as control:
                control.put("faults/hold", {"system": "stripe", "kind": "hold_webhooks"})
                target = {"url": receiver.url, "secret": "whsec_x"}
                control.put("webhooks/stripe", target)
                order = control.order()
                intent = order["tenders"][0]["payment_ref"]
                first = refund(control, intent, key="kept")
                child.send_signal(signal.SIGKILL)
                child.wait()

            with process(tmp_path) as (_, after), sandbox_client(after) as control:
                assert control.http.get("/_control/faults").json()["hold"]["struck"] == 3
                again = refund(control, intent, key="kept")
                assert again.headers["Idempotent-Replayed"] == "true"
                assert again.json() == first.json()
                (counted,) = control.ledger(order_id=order["order_id"])["refunds"]
                assert counted["amount_minor"] == 5
                control.http.delete("/_control/faults/hold")
                told = receiver.next(lambda found: found.event["type"] == "refund.created")
                assert told.event["data"]["object"]["id"] == first.json()["id"]

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_signal_ends_it_cleanly(self, tmp_path: Path, number: signal.Signals) -> None:
        """It leaves with 0 and without a word."""
        with process(tmp_path) as (child, _):
            child.send_signal(number)

            rest, _ = child.communicate(timeout=15)

        assert (child.returncode, rest) == (0, "")

    def test_a_taken_port_is_said(self, tmp_path: Path) -> None:
        """The message names the address that is taken."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            command = [sys.executable, "-m", "sandbox", "--data", str(tmp_path), "--port", port]
            ended = subprocess.run(
                command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
            )

        assert ended.returncode == 1
        assert f"cannot listen on 127.0.0.1:{port}" in ended.stderr

    def test_a_ledger_has_one_sandbox(self, tmp_path: Path) -> None:
        """A second process on the same folder is refused."""
        with process(tmp_path):
            command = [sys.executable, "-m", "sandbox", "--data", str(tmp_path)]
            ended = subprocess.run(
                command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
            )

        assert ended.returncode == 1
        assert "another sandbox is using" in ended.stderr


def test_containers_can_ask_for_the_network(tmp_path: Path) -> None:
    """Only on request may webhooks leave the machine."""
    target = {"url": "http://api:8080/webhooks", "secret": "whsec_x"}
    with process(tmp_path, "--allow-network") as (_, open_one), sandbox_client(open_one) as control:
        assert control.put("webhooks/stripe", target)["url"] == target["url"]


class TestMail:
    @pytest.fixture
    def control(self, empty_sandbox: Sandbox) -> Iterator[SandboxClient]:
        with sandbox_client(empty_sandbox) as client:
            yield client

    async def test_is_kept_and_linked_to_its_return(
        self, empty_sandbox: Sandbox, control: SandboxClient
    ) -> None:
        """Recipient, subject, text and message id can be read from the ledger."""
        message = mail(Subject="Rückgabe", Message_ID="<m1@example.com>", X_Backhaul_Return="R-1")

        await aiosmtplib.send(message, hostname="127.0.0.1", port=empty_sandbox.smtp_port)

        (kept,) = control.ledger(return_id="R-1")["mails"]
        assert kept["message_id"] == "<m1@example.com>"
        assert kept["to"] == ["sam@example.com"]
        assert kept["subject"] == "Rückgabe"
        assert kept["text"] == "Grüße, your parcel is on its way."
        page = control.http.get("/")
        assert "Grüße, your parcel" in page.text

    @pytest.mark.parametrize(("kind", "code"), [("http_503", 451), ("http_500", 550)])
    async def test_can_be_refused(
        self, empty_sandbox: Sandbox, control: SandboxClient, kind: str, code: int
    ) -> None:
        """A recipient is refused for now or for good; nothing is kept."""
        with (
            control.fault(system="smtp", operation="RCPT", kind=kind),
            pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused,
        ):
            await aiosmtplib.send(mail(), hostname="127.0.0.1", port=empty_sandbox.smtp_port)

        assert refused.value.recipients[0].code == code
        assert control.ledger()["mails"] == []

    async def test_can_arrive_without_an_answer(
        self, empty_sandbox: Sandbox, control: SandboxClient
    ) -> None:
        """The last answer is lost, the mail is not."""
        with (
            control.fault(system="smtp", operation="DATA", kind="lost_reply"),
            pytest.raises(aiosmtplib.SMTPServerDisconnected),
        ):
            await aiosmtplib.send(mail(), hostname="127.0.0.1", port=empty_sandbox.smtp_port)

        assert len(control.ledger()["mails"]) == 1


class TestPage:
    def test_shows_effects_without_running_them(self, empty_sandbox: Sandbox) -> None:
        """Texts from outside are shown as text; everything is served by the sandbox itself."""
        with sandbox_client(empty_sandbox) as control:
            move = {
                "move_id": "<script>alert(1)</script>",
                "sku": "sku-1",
                "quantity": 1,
                "location_id": "dock-1",
                "disposition": "RESTOCK",
                "return_id": "R-1",
            }
            control.http.post(
                "/commerce/v1/stock-moves", json=move, headers={"Authorization": "Bearer ct_x"}
            ).raise_for_status()

            page = control.http.get("/").text

        assert "&lt;script&gt;alert(1)" in page
        assert "<script" not in page
        assert "src=" not in page

    def test_requests_are_recorded(self, empty_sandbox: Sandbox) -> None:
        """What was asked can be read back with status and key."""
        with sandbox_client(empty_sandbox) as control:
            refund(control, "pi_none", key="key-1")

            (asked,) = control.requests("stripe")

        assert (asked["method"], asked["path"]) == ("POST", "/stripe/v1/refunds")
        assert (asked["status"], asked["idempotency_key"]) == (404, "key-1")

    def test_requests_are_read_on_from_one(self, empty_sandbox: Sandbox) -> None:
        """The newest by themselves, or the next ones after one: none is beyond reach."""
        with sandbox_client(empty_sandbox) as control:
            for key in ("key-1", "key-2", "key-3"):
                refund(control, "pi_none", key=key)
            first = control.requests("stripe")[0]["seq"]

            def keys(**of: int) -> list[str]:
                page: dict[str, str | int] = {"system": "stripe", **of}
                rows = control.http.get("/_ledger/requests", params=page).json()
                return [row["idempotency_key"] for row in rows]

            assert keys(limit=2) == ["key-2", "key-3"]
            assert keys(limit=1, after=first) == ["key-2"]
            assert keys(after=first) == ["key-2", "key-3"]
