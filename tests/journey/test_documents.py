"""The papers of a parcel over HTTP and on the command line."""

from datetime import date
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
import segno
from pypdf import PdfReader

from backhaul_client import BackhaulError, ChangeHandoverCommand, ReturnView, WithdrawCommand
from documents.wording import INSTRUCTIONS
from domain.requests import HandoverMethod
from storage.states import Role
from tests.support.asking import PATIENCE, courier_ordered, labelled, new_key, units_of
from tests.support.house import TENANT
from tests.support.journey import OTHER_TENANT, Journey
from tests.support.terminal import Terminal

WAREHOUSE = ("Returns Leipzig", "Lagerstrasse 1", "Gate 2", "04103 Leipzig", "DE")


def words_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


async def with_code(journey: Journey) -> ReturnView:
    """Start a return whose label is printed at the drop-off point."""
    client = journey.client()
    wanted = units_of(journey.sandbox.order("three-units")).model_copy(
        update={"handover": "QR_DROP_OFF"}
    )
    started = await client.start_return(wanted, idempotency_key=new_key())
    return await client.wait_until(
        started.return_id,
        lambda view: bool(view.deliveries and view.deliveries[0].qr_url),
        timeout=PATIENCE,
    )


async def test_a_packing_slip_says_what_goes_where(journey: Journey) -> None:
    """The number, the goods, the warehouse, the parcel and its day; no word of the customer."""
    view = await labelled(journey, quantity=2)
    delivery, (handover,) = view.deliveries[0], view.waiting_on

    paper = await journey.client().get_packing_slip(view.rma_no, "d1")

    words = words_of(paper.content)
    assert handover.deadline is not None
    day: date = handover.deadline.astimezone(ZoneInfo(view.time_zone)).date()
    for wanted in (view.rma_no, "d1", delivery.tracking_code, day.isoformat(), *WAREHOUSE):
        assert str(wanted) in words
    assert "LAMP-DESK-WHITE" in words
    assert "page 1 of 1" in words
    customer = journey.sandbox.order("three-units")
    for known in (customer["customer"]["email"], customer["customer"]["name"]):
        assert known not in words
    assert customer["ship_to"]["street1"] not in words
    assert paper.media_type == "application/pdf"
    assert view.rma_no in paper.file_name


async def test_a_repeat_is_the_same_document(journey: Journey) -> None:
    """Byte for byte, so that who has it need not load it again."""
    view, http = await labelled(journey), journey.http[TENANT, "platform"]
    path = f"/v1/returns/{view.return_id}/deliveries/d1/packing-slip"

    first, again = await http.get(path), await http.get(path)
    unchanged = await http.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert first.content == again.content
    assert first.headers["ETag"] == again.headers["ETag"]
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert view.rma_no in first.headers["Content-Disposition"]


async def test_papers_are_listed_by_reference(journey: Journey) -> None:
    """Label and its code lie with the carrier; slip and code of ours are paths of this API."""
    view = await with_code(journey)

    found = await journey.client().list_documents(view.rma_no)

    delivery = view.deliveries[0]
    kinds = {item.kind: item for item in found.items}
    assert sorted(kinds) == ["label", "label_qr", "packing_slip", "qr_code"]
    assert kinds["label"].href == delivery.label_url
    assert kinds["label_qr"].href == delivery.qr_url
    assert kinds["label_qr"].media_type == "image/png"
    for kind, media_type in (("packing_slip", "application/pdf"), ("qr_code", "image/svg+xml")):
        answer = await journey.http[TENANT, "warehouse"].get(kinds[kind].href)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].partition(";")[0] == media_type
        assert kinds[kind].media_type == media_type


async def test_a_code_is_of_the_number_or_of_the_carriers_own(journey: Journey) -> None:
    """Each image is that of its text."""
    view, client = await with_code(journey), journey.client()

    number = await client.get_qr_code(view.return_id, "d1")
    carriers = await client.get_qr_code(view.return_id, "d1", of_label=True)

    for paper, text in ((number, view.rma_no), (carriers, view.deliveries[0].qr_url)):
        out = BytesIO()
        segno.make_qr(str(text), error="m").save(
            out, kind="svg", scale=8, border=4, light="#fff", title="QR code"
        )
        assert paper.content == out.getvalue()
    assert "The carrier's code" in words_of(
        (await client.get_packing_slip(view.return_id, "d1")).content
    )


async def test_a_parcel_without_the_carriers_code_has_none(journey: Journey) -> None:
    """And the refusal names what was asked for."""
    view = await labelled(journey)

    with pytest.raises(BackhaulError) as refused:
        await journey.client().get_qr_code(view.return_id, "d1", of_label=True)

    assert (refused.value.status, refused.value.code) == (409, "document_not_available")
    assert refused.value.field == "of"


async def test_a_courier_stands_on_the_slip(journey: Journey) -> None:
    """His window in the time of the place that he comes to."""
    view = await courier_ordered(journey)
    visit = view.deliveries[0].pickups[0]

    words = words_of((await journey.client().get_packing_slip(view.return_id, "d1")).content)

    begin = visit.not_before.astimezone(ZoneInfo("Europe/Berlin"))
    assert f"{begin:%Y-%m-%d %H:%M} to " in words
    assert "(Europe/Berlin)" in words
    assert "Hand over by" not in words


async def test_goods_for_a_store_have_a_slip_for_the_counter(journey: Journey) -> None:
    """Nothing is sent, so no address stands there; the given-up parcel has no slip any more."""
    view, client = await labelled(journey), journey.client()
    await client.change_handover(
        view.return_id, ChangeHandoverCommand(handover="IN_STORE"), idempotency_key=new_key()
    )

    words = words_of((await client.get_packing_slip(view.return_id, "d2")).content)

    assert INSTRUCTIONS[HandoverMethod.IN_STORE][1] in words.replace("\n", " ")
    assert "Goes to" not in words
    with pytest.raises(BackhaulError) as refused:
        await client.get_packing_slip(view.return_id, "d1")
    assert refused.value.code == "document_not_available"
    listed = await client.list_documents(view.return_id)
    assert {item.delivery_id for item in listed.items} == {"d2"}


@pytest.mark.parametrize("paper", ["packing-slip", "qr-code"])
async def test_what_is_not_there_is_refused_with_its_field(journey: Journey, paper: str) -> None:
    """An unknown parcel, an unknown return, another tenant's return, an unknown question."""
    view = await labelled(journey)
    mine, others = journey.http[TENANT, "platform"], journey.http[OTHER_TENANT, "platform"]

    async def problem(http: httpx.AsyncClient, return_id: str, tail: str) -> tuple[str, str | None]:
        answer = (await http.get(f"/v1/returns/{return_id}/deliveries/{tail}")).json()
        return answer["code"], answer.get("field")

    assert await problem(mine, view.return_id, f"d9/{paper}") == (
        "delivery_not_found",
        "delivery_id",
    )
    assert await problem(mine, "RMA-0000-00-0", f"d1/{paper}") == ("return_not_found", None)
    assert await problem(others, view.return_id, f"d1/{paper}") == ("return_not_found", None)
    assert await problem(mine, view.return_id, "d1/qr-code?of=moon") == ("invalid_request", "of")


async def test_a_withdrawn_return_has_no_papers(journey: Journey) -> None:
    """Nobody is to send what was called off."""
    view, client = await labelled(journey), journey.client()
    await client.withdraw(view.return_id, WithdrawCommand(), idempotency_key=new_key())

    listed = await client.list_documents(view.return_id)
    with pytest.raises(BackhaulError) as refused:
        await client.get_packing_slip(view.return_id, "d1")

    assert listed.items == ()
    assert refused.value.code == "document_not_available"


async def test_everybody_who_reads_a_return_reads_its_papers(journey: Journey) -> None:
    """And nobody without a key."""
    view = await labelled(journey)
    path = f"/v1/returns/{view.return_id}/deliveries/d1/packing-slip"

    read = {role: (await journey.http[TENANT, role].get(path)).status_code for role in Role}
    stranger = await journey.anonymous.get(path)

    assert set(read.values()) == {200}
    assert stranger.status_code == 401


async def test_a_platform_that_does_not_answer_is_named(journey: Journey) -> None:
    """The slip would not say where the parcel goes: try again in a moment."""
    view = await labelled(journey)
    away = journey.sandbox.fault(
        system="commerce", operation="GET /locations/{location_id}", kind="http_503", times=10_000
    )

    with away, pytest.raises(BackhaulError) as refused:
        await journey.client().get_packing_slip(view.return_id, "d1")
    again = await journey.client().get_packing_slip(view.return_id, "d1")

    assert (refused.value.status, refused.value.code) == (503, "platform_unavailable")
    assert again.content.startswith(b"%PDF")


async def test_a_slip_is_saved_on_the_command_line(
    journey: Journey, terminal: Terminal, tmp_path: Path
) -> None:
    """A file that is there stays as it is, unless one insists."""
    view, out = await labelled(journey), tmp_path / "slip.pdf"
    saving = ("returns", "packing-slip", view.rma_no, "--out", str(out))

    listed = await terminal.type("returns", "documents", view.rma_no)
    saved = await terminal.type(*saving)
    out.write_bytes(b"mine")
    kept = await terminal.type(*saving)
    content = out.read_bytes()
    forced = await terminal.type(*saving, "--force")
    nowhere = await terminal.type(*saving[:-1], str(tmp_path / "no" / "slip.pdf"))
    unknown = await terminal.type("returns", "packing-slip", view.rma_no, "d9", "--out", str(out))

    assert (listed[0], saved[0], forced[0]) == (0, 0, 0)
    assert "packing_slip" in listed[1]
    assert str(view.deliveries[0].label_url) in listed[1]
    assert (kept[0], content) == (1, b"mine")
    assert "--force" in kept[2]
    assert view.rma_no in words_of(out.read_bytes())
    assert (nowhere[0], unknown[0]) == (1, 1)
    assert "delivery_not_found (delivery_id)" in unknown[2]
