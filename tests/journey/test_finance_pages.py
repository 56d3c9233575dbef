"""What finance sees and does in a browser, without a script; auditors look, and others do not."""

import re
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from html import unescape

import httpx
import pytest
import pytest_asyncio
from fastapi.routing import APIRoute
from sqlalchemy import select

from api.app import create_app
from api.pages import acting, deciding, signing_in
from api.pages import finance as finance_pages
from api.pages.sessions import COOKIE, Sessions
from api.pages.visiting import safe_next
from backhaul_client import ReturnView
from domain.money import Money
from storage.database import Database
from storage.models.orders import TenderModel
from storage.states import ChargebackState, Role
from tests.journey.test_approval import Office, office
from tests.journey.test_books import refunded
from tests.journey.test_chargebacks import begun, charge_back, until_waiting
from tests.journey.test_finance import by_hand, today
from tests.journey.test_webhooks import take_in
from tests.support.asking import PATIENCE, new_key
from tests.support.house import TENANT
from tests.support.journey import OTHER_TENANT, Journey, without_workers

__all__ = ["office"]
SECRET = "a secret of the deployment"
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


class Browser:
    """Follows links and sends forms as a browser does."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def sign_in(self, key: str, *, to: str = "/finance") -> httpx.Response:
        return await self.http.post("/finance/sign-in", data={"key": key, "next": to})

    async def read(self, path: str) -> str:
        response = await self.http.get(path)
        assert response.status_code == 200, response.text
        return unescape(response.text)

    async def send(self, page: str, action: str, **typed: str) -> httpx.Response:
        """Fill in and send the form of a page that goes to ``action``."""
        return await self.http.post(action, data=fields(page, action) | typed)


def fields(page: str, action: str) -> dict[str, str]:
    """Return the hidden fields of the form that goes to ``action``."""
    forms = re.findall(r'<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>', page, flags=re.DOTALL)
    (inside,) = [inside for to, inside in forms if to == action]
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', inside)
    return dict(hidden)


async def browser_at(office: Office, role: Role | None, label: str = "Fay") -> Browser:
    """Open a browser at the API with a limit, signed in unless ``role`` is ``None``."""
    http = httpx.AsyncClient(
        base_url="http://pages",
        transport=httpx.ASGITransport(create_app(office.quiet.services)),
        timeout=30,
    )
    browser = Browser(await office.opened.enter_async_context(http))
    if role is not None:
        _, key = await office.quiet.services.keys.create(TENANT, role, label)
        assert (await browser.sign_in(key)).status_code == 303
    return browser


@pytest_asyncio.fixture
async def finance(office: Office) -> AsyncIterator[Browser]:
    yield await browser_at(office, Role.FINANCE)


async def waiting(office: Office) -> ReturnView:
    view, _ = await office.waiting(office.quiet.client("warehouse"))
    return view


async def test_finance_approves_what_it_sees(office: Office, finance: Browser) -> None:
    """Amounts, tender, hash and reason-free button; sent twice, it is one approval."""
    view = await waiting(office)
    proposal = view.proposed_settlement
    assert proposal is not None
    page = await finance.read("/finance/approvals")
    action = f"/finance/returns/{view.return_id}/approve"

    first = await finance.send(page, action)
    again = await finance.send(page, action)

    assert view.rma_no in page
    assert "125.24 CNY" in page
    assert proposal.settlement_hash in page
    assert all(row.tender_id in page for row in proposal.by_tender)
    assert (first.status_code, again.status_code) == (303, 303)
    paid = await office.quiet.client().wait_until(
        view.return_id,
        lambda seen: [s.refunds[0].state for s in seen.settlements] == ["succeeded"],
        timeout=PATIENCE,
    )
    shown = await finance.read(f"/finance/returns/{view.rma_no}")
    assert paid.settlements[0].credit_note_no is not None
    assert paid.settlements[0].credit_note_no in shown
    assert "succeeded" in shown


async def test_a_decline_needs_a_reason_and_shows_it_escaped(
    office: Office, finance: Browser
) -> None:
    """What a person typed is text on every page."""
    view = await waiting(office)
    page = await finance.read(f"/finance/returns/{view.return_id}")
    action = f"/finance/returns/{view.return_id}/decline"

    empty = await finance.send(page, action, reason="  ")
    done = await finance.send(page, action, reason='<script>alert("x")</script>')

    await office.quiet.client().wait_until(
        view.return_id,
        lambda seen: bool(seen.proposed_settlement and seen.proposed_settlement.declined),
        timeout=PATIENCE,
    )
    raw = (await finance.http.get("/finance/approvals")).text
    assert (empty.status_code, done.status_code) == (400, 303)
    assert "<script" not in raw
    assert "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;" in raw
    assert "Declined by Fay (finance)" in raw


async def test_what_changed_since_the_page_was_loaded_is_refused_on_a_page(
    office: Office, finance: Browser
) -> None:
    """The refusal says what it is now, and that nothing was changed."""
    view = await waiting(office)
    page = await finance.read("/finance/approvals")
    action = f"/finance/returns/{view.return_id}/approve"

    refused = await finance.send(page, action, settlement_hash="sha256:0")

    assert refused.status_code == 409
    assert "settlement_changed" in refused.text
    assert "Nothing was changed" in refused.text
    assert refused.headers["Content-Type"].startswith("text/html")


async def test_the_same_person_under_another_key_is_refused_here_too(office: Office) -> None:
    """Whoever graded the goods sees the money, and cannot approve it."""
    wanda = await office.person(Role.WAREHOUSE, "Wanda")
    view, _ = await office.waiting(wanda)
    browser = await browser_at(office, Role.FINANCE, "Wanda")
    page = await browser.read("/finance/approvals")

    refused = await browser.send(page, f"/finance/returns/{view.return_id}/approve")

    assert refused.status_code == 403
    assert "four_eyes" in refused.text


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN])
async def test_others_than_finance_read_and_do_nothing(
    office: Office, finance: Browser, role: Role
) -> None:
    """They see no form to approve with, and one that they make up is refused."""
    view = await waiting(office)
    reader = await browser_at(office, role, "Ada")
    page = await reader.read("/finance/approvals")
    theirs = fields(page, "/finance/sign-out")
    form = fields(await finance.read("/finance/approvals"), action_of(view)) | theirs

    refused = await reader.http.post(action_of(view), data=form)

    assert view.rma_no in page
    assert action_of(view) not in page
    assert refused.status_code == 403
    seen = await office.quiet.client().get_return(view.return_id)
    assert seen.proposed_settlement is not None
    assert seen.proposed_settlement.approved_by is None


async def test_a_chargeback_is_shown_though_its_return_has_none_to_tell(
    office: Office, finance: Browser
) -> None:
    """Order, amount, the date for evidence, and what we refunded already."""
    services = office.quiet.services
    view = await waiting(office)
    before = await finance.read("/finance")
    (tender, *_) = await tenders_of(services.database, view.order_id)

    await services.chargebacks.note(
        TENANT,
        "du_late",
        payment_refs=(tender,),
        amount=Money(4_200, "CNY"),
        state=ChargebackState.OPEN,
        reason="fraudulent",
        evidence_due_by=NOW,
    )
    page = await finance.read("/finance")

    assert "du_late" not in before
    assert "du_late" in page
    assert all(text in page for text in (view.order_id, "42.00 CNY", "evidence until"))


async def test_a_refund_that_could_not_be_sent_is_shown_too(
    journey: Journey, finance: Browser
) -> None:
    """It was neither refused nor lost: what it waits for stands there, and leads to its return."""
    order = journey.sandbox.order("three-units")
    return_id = await begun(journey, order)
    charge_back(journey, order)
    await until_waiting(journey, return_id, "chargeback_open")
    await take_in(journey, return_id, "LAMP-DESK-WHITE")
    view = await until_waiting(journey, return_id, "charged_back")

    page = await finance.read("/finance")

    assert f'href="/finance/returns/{view.rma_no}"' in page
    assert "the customer's bank to decide on a chargeback" in page


async def tenders_of(database: Database, order_id: str) -> list[str]:
    """The provider's names of an order's payments."""
    query = select(TenderModel.payment_ref).where(TenderModel.order_id == order_id)
    async with database.tenant(TENANT) as connection:
        return list(await connection.scalars(query))


def action_of(view: ReturnView) -> str:
    return f"/finance/returns/{view.return_id}/approve"


@pytest.mark.parametrize("token", ["", "x", None])
async def test_a_form_that_we_did_not_give_out_is_refused(
    office: Office, finance: Browser, token: str | None
) -> None:
    """No token, a wrong one, or the one of somebody else's session."""
    view = await waiting(office)
    form = fields(await finance.read("/finance/approvals"), action_of(view))
    if token is None:
        other = await browser_at(office, Role.FINANCE, "Max")
        token = fields(await other.read("/finance"), "/finance/sign-out")["form_token"]

    refused = await finance.http.post(action_of(view), data=form | {"form_token": token})

    assert refused.status_code == 403
    assert "load the page" in unescape(refused.text)


@pytest.mark.parametrize(
    "there",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example.com"},
        {"Origin": "null"},
    ],
    ids=str,
)
async def test_a_form_of_another_site_is_refused(
    office: Office, finance: Browser, there: dict[str, str]
) -> None:
    """Also the sign-in, also with a token, and where an older browser names the origin alone."""
    view = await waiting(office)
    form = fields(await finance.read("/finance/approvals"), action_of(view))

    approving = await finance.http.post(action_of(view), data=form, headers=there)
    signing_in = await finance.http.post("/finance/sign-in", data={"key": "x"}, headers=there)

    assert (approving.status_code, signing_in.status_code) == (403, 403)


PATHS = [
    "/finance",
    "/finance/approvals",
    "/finance/refunds",
    "/finance/days",
    "/finance/days/2026-03-01",
    "/finance/credit-notes?month=2026-03",
    "/finance/credit-notes/CN-1",
    "/finance/returns/RMA-0000-01-7",
]


@pytest.mark.parametrize("path", PATHS)
async def test_without_a_session_there_is_only_the_sign_in(journey: Journey, path: str) -> None:
    """And after it one is where one wanted to go."""
    away = await journey.anonymous.get(path)

    sign_in = await journey.anonymous.get(away.headers["Location"])
    assert (away.status_code, sign_in.status_code) == (303, 200)
    assert f'name="next" value="{path}"' in unescape(sign_in.text)


async def test_every_page_but_the_sign_in_needs_a_session(journey: Journey) -> None:
    """A page that forgot to ask would be there for everybody."""
    asked = {
        (method, route.path)
        for part in (signing_in, finance_pages, deciding, acting)
        for route in part.router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    opened = set()
    for method, path in asked:
        real = re.sub(r"\{\w+\}", "x", path)
        response = await journey.anonymous.request(method, real)
        if response.status_code != 303:
            opened.add((method, path))

    assert len(asked) >= 14
    assert opened == {
        ("GET", "/finance/sign-in"),
        ("POST", "/finance/sign-in"),
        ("GET", "/finance/pages.css"),
    }


@pytest.mark.parametrize("role", [Role.PLATFORM, Role.WAREHOUSE, Role.REVIEWER, Role.OPS])
async def test_keys_of_other_roles_do_not_sign_in(journey: Journey, role: Role) -> None:
    """In the same words as a key that does not exist."""
    key = journey.http[TENANT, role].headers["Authorization"].removeprefix("Bearer ")

    refused = await journey.anonymous.post("/finance/sign-in", data={"key": key})
    unknown = await journey.anonymous.post("/finance/sign-in", data={"key": "bh_nobody"})

    assert (refused.status_code, unknown.status_code) == (403, 403)
    assert refused.text == unknown.text
    assert COOKIE not in refused.cookies
    assert key not in refused.text


async def test_the_cookie_is_for_these_pages_alone(journey: Journey) -> None:
    """No script reads it, no other site sends it, it ends within the hour."""
    key = journey.http[TENANT, "auditor"].headers["Authorization"].removeprefix("Bearer ")

    answer = await journey.anonymous.post("/finance/sign-in", data={"key": key})

    cookie = answer.headers["Set-Cookie"]
    assert key not in cookie
    assert {part.strip() for part in cookie.split(";")[1:]} == {
        "HttpOnly",
        "Max-Age=3600",
        "Path=/finance",
        "SameSite=strict",
    }


async def test_over_https_the_cookie_travels_over_https_alone(journey: Journey) -> None:
    """As the public address of the deployment says."""
    async with without_workers(journey, public_url="https://shop.example") as quiet:
        http = quiet.http["finance"]
        key = http.headers["Authorization"].removeprefix("Bearer ")

        answer = await http.post("/finance/sign-in", data={"key": key})

    assert "; Secure" in answer.headers["Set-Cookie"]


async def test_a_session_ends_with_its_key(office: Office) -> None:
    """Revoked, the key's session is over at once."""
    key_id, key = await office.quiet.services.keys.create(TENANT, Role.AUDITOR, "Gone")
    browser = await browser_at(office, None)
    await browser.sign_in(key)
    before = await browser.http.get("/finance")

    await office.quiet.services.keys.revoke(TENANT, key_id)

    assert before.status_code == 200
    assert (await browser.http.get("/finance")).status_code == 303


async def test_signing_out_ends_it_in_this_browser(finance: Browser) -> None:
    """The cookie is taken away."""
    page = await finance.read("/finance")

    out = await finance.send(page, "/finance/sign-out")

    assert out.status_code == 303
    assert (await finance.http.get("/finance")).status_code == 303


async def test_a_bent_or_old_cookie_is_nobodys() -> None:
    """Neither another tenant, nor another hour, nor another deployment's."""
    sessions = Sessions(SECRET)
    cookie = sessions.cookie("acme", str(uuid.uuid4()), now=NOW)
    other = sessions.cookie("other", str(uuid.uuid4()), now=NOW)
    signature = cookie.partition(".")[2]

    assert sessions.read(cookie, now=NOW) is not None
    for bent in (
        "",
        ".",
        "x.y",
        cookie[:-1],
        f"{other.partition('.')[0]}.{signature}",
        f"é{cookie}",
    ):
        assert sessions.read(bent, now=NOW) is None
    assert sessions.read(cookie, now=NOW + timedelta(hours=1)) is None
    assert Sessions("another").read(cookie, now=NOW) is None


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/finance",
        "//evil.example",
        "/finance//evil.example",
        "/finance\\evil",
        "/financeevil",
        "/v1/returns",
        "javascript:alert(1)",
        "",
    ],
)
def test_no_sign_in_leads_elsewhere(path: str) -> None:
    """Whatever address somebody was given, it ends on these pages."""
    assert safe_next(path) == "/finance"


async def test_a_day_says_what_to_do_about_each_finding(
    journey: Journey, office: Office, finance: Browser
) -> None:
    """With the provider's name of the refund; the list of days leads there."""
    refund_ref = await by_hand(journey)
    await journey.client("finance").books.reconcile(today(), idempotency_key=new_key())

    days = await finance.read("/finance/days")
    page = await finance.read(f"/finance/days/{today()}")
    again = await finance.send(page, f"/finance/days/{today()}")

    assert f'href="/finance/days/{today()}"' in days
    assert refund_ref in page
    assert "Made past us" in page
    assert "ask who and why" in page
    assert again.status_code == 303
    assert again.headers["location"] == f"/finance/days/{today()}"


async def test_what_takes_long_to_compare_is_read_later(journey: Journey) -> None:
    """It goes on; a day that was compared before leads to its page, any other one is said."""
    await journey.client("finance").books.reconcile(today(), idempotency_key=new_key())
    slow = {"kind": "delay", "delay_ms": 3_000}

    async with (
        without_workers(journey) as hasty,
        hasty.working(),
        AsyncExitStack() as opened,
    ):
        finance = await browser_at(Office(journey, hasty, opened), Role.FINANCE)
        form = fields(await finance.read(f"/finance/days/{today()}"), f"/finance/days/{today()}")
        with journey.sandbox.fault(system="stripe", operation="GET /v1/refunds", times=99, **slow):
            again = await finance.http.post(f"/finance/days/{today()}", data=form)
            never = await finance.http.post("/finance/days/2026-01-02", data=form)

    assert (again.status_code, again.headers["location"]) == (303, f"/finance/days/{today()}")
    assert never.status_code == 503
    assert "it goes on" in never.text


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/finance/days/2020-02-29", 404, "reconciliation_not_found"),
        ("/finance/days/2026-02-30", 400, "invalid_request"),
        ("/finance/days/yesterday", 400, "invalid_request"),
        ("/finance/days?before=x", 400, "invalid_request"),
        ("/finance/credit-notes/CN-1", 404, "credit_note_not_found"),
        ("/finance/credit-notes?month=2026-13", 400, "invalid_request"),
        ("/finance/credit-notes?cursor=x", 400, "invalid_cursor"),
        ("/finance/refunds?cursor=x", 400, "invalid_cursor"),
        ("/finance/returns/RMA-0000-00-0", 404, "return_not_found"),
        ("/finance/nothing", 404, "not_found"),
    ],
)
async def test_what_is_not_there_is_said_on_a_page(
    finance: Browser, path: str, status: int, code: str
) -> None:
    """With its code, and a way back."""
    response = await finance.http.get(path)

    assert response.status_code == status
    assert response.headers["Content-Type"].startswith("text/html")
    assert code in response.text
    assert 'href="/finance"' in response.text


async def test_a_credit_note_is_printed_row_by_row(journey: Journey, finance: Browser) -> None:
    """From the month's list, with its tax and its total."""
    view = await refunded(journey)
    number = view.settlements[0].credit_note_no

    listed = await finance.read("/finance/credit-notes")
    note = await finance.read(f"/finance/credit-notes/{number}")

    assert f'href="/finance/credit-notes/{number}"' in listed
    for said in (
        f'Credit note <span class="unbroken">{number}',
        view.order_id,
        view.rma_no,
        "Total credited",
        "0.13",
    ):
        assert said in note


async def test_a_refund_of_unknown_end_has_its_exact_command(
    journey: Journey, office: Office, finance: Browser
) -> None:
    """What to type stands there, with the return and the intent in it."""
    view = await refunded(journey)
    (refund,) = view.settlements[0].refunds
    settlements = office.quiet.services.database
    async with settlements.tenant(TENANT) as connection:
        await connection.exec_driver_sql(
            "UPDATE refund_intents SET state = 'unknown' WHERE intent_id = %s", (refund.intent_id,)
        )

    page = await finance.read("/finance/refunds")

    command = f"backhaul finance reconcile-refund {view.rma_no} {refund.intent_id} not_paid"
    assert command in page
    async with settlements.tenant(TENANT) as connection:
        await connection.exec_driver_sql(
            "UPDATE refund_intents SET state = 'succeeded' WHERE intent_id = %s",
            (refund.intent_id,),
        )


async def test_another_tenants_money_is_not_there(journey: Journey, office: Office) -> None:
    """Neither in lists nor by name."""
    view = await refunded(journey)
    browser = await browser_at(office, None)
    _, key = await office.quiet.services.keys.create(OTHER_TENANT, Role.FINANCE, "Otto")
    await browser.sign_in(key)

    notes = await browser.read("/finance/credit-notes")
    by_name = await browser.http.get(f"/finance/returns/{view.rma_no}")
    note = await browser.http.get(f"/finance/credit-notes/{view.settlements[0].credit_note_no}")

    assert "None was issued" in notes
    assert (by_name.status_code, note.status_code) == (404, 404)


async def test_pages_run_no_script_and_load_nothing_from_elsewhere(finance: Browser) -> None:
    """The browser is told so, and nothing on the page needs it."""
    response = await finance.http.get("/finance")
    style = await finance.http.get("/finance/pages.css")

    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; form-action 'self'")
    assert "unsafe" not in policy
    assert response.headers["Cache-Control"] == "no-store"
    assert "<script" not in response.text
    assert not re.search(r'(?:src|href)="(?!/finance)', response.text)
    assert style.headers["Content-Type"].startswith("text/css")
