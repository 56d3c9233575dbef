"""How a return was decided, in words: over HTTP and in a browser."""

import base64
import hashlib
import re
from html import unescape

import httpx
import pytest

from api.app import create_app
from backhaul_client import ApproveCommand, BackhaulError, LineReason, ReturnView, TreeNode
from domain.reason_codes import REASON_CODES
from storage.states import Role
from tests.journey.test_finance_pages import Browser
from tests.support.asking import PATIENCE, complained, labelled, new_key
from tests.support.house import TENANT
from tests.support.journey import OTHER_TENANT, Journey

_PAYS = "T_RETURN_SHIPPING_TRADER"


def words_of(page: str) -> str:
    """Return what a page says, without its marks and style."""
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", "", body))


async def reviewed(journey: Journey) -> ReturnView:
    """Let a person grant one line of three."""
    view = await complained(journey)
    command = ApproveCommand(
        line_ids=("line-1",),
        reason="no defect found",
        reasons=(LineReason(line_id="line-2", reason='worn <script>alert("x")</script>'),),
    )
    await journey.client("reviewer").approve(view.return_id, command, idempotency_key=new_key())
    return await journey.client().wait_until(
        view.return_id, lambda seen: seen.headline == "APPROVED", timeout=PATIENCE
    )


async def test_a_decision_is_told_in_the_reader_s_language(journey: Journey) -> None:
    """The same tree in two languages: codes, dates and moods agree, words do not."""
    view, client = await labelled(journey), journey.client()

    english = await client.get_decision_tree(view.rma_no)
    chinese = await client.get_decision_tree(view.rma_no, language="zh")

    (line,), (other,) = english.lines, chinese.lines
    by_law, promised = view.lines[0].decision.considered
    assert (line.verdict.text, other.verdict.text) == ("Granted", "同意")
    assert (english.language, chinese.language) == ("en", "zh-Hans")
    assert (
        _codes(line.parts)
        == _codes(other.parts)
        == [
            "R_WITHDRAWAL_IN_WINDOW",
            "R_PROMISE_APPLIES",
            _PAYS,
        ]
    )
    for tree in (line, other):
        why, rules, *_ = tree.parts
        assert f"{by_law.last_day}" in why.parts[0].text
        assert f"{promised.last_day}" in f"{rules}"


async def test_a_browser_that_prefers_chinese_gets_chinese(journey: Journey) -> None:
    """What the address names comes before it; a cache is told what the answer depends on."""
    view, http = await labelled(journey), journey.http[TENANT, "platform"]
    path = f"/v1/returns/{view.return_id}/decision-page"
    prefers = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}

    chinese = await http.get(path, headers=prefers)
    german = await http.get(path, params={"lang": "de"}, headers=prefers)

    assert chinese.headers["Content-Language"] == "zh-Hans"
    assert "Accept-Language" in chinese.headers["Vary"]
    assert '<html lang="zh-Hans">' in chinese.text
    assert "您的退货申请是如何决定的" in words_of(chinese.text)
    assert german.headers["Content-Language"] == "de"
    assert "Diese Seite ist auf Deutsch" in words_of(german.text)


async def test_the_page_stands_alone_and_runs_nothing(journey: Journey) -> None:
    """Its one style is allowed by its hash; it loads nothing and holds no script."""
    view = await labelled(journey)

    paper = await journey.client().get_decision_page(view.return_id)

    page = paper.content.decode()
    (style,) = re.findall(r"<style>(.*?)</style>", page, flags=re.DOTALL)
    answer = await journey.http[TENANT, "platform"].get(
        f"/v1/returns/{view.return_id}/decision-page"
    )
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = answer.headers["Content-Security-Policy"]
    assert f"style-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert not re.search(r"<script|<link|<img|src=|@import|url\(", page)
    assert paper.media_type == "text/html; charset=utf-8"
    assert "width=device-width" in page


async def test_what_a_person_decided_stands_beside_what_the_rules_say(journey: Journey) -> None:
    """With the reason as it was typed: text, whatever it looks like."""
    view = await reviewed(journey)

    page = (await journey.client().get_decision_page(view.return_id)).content.decode()

    said = words_of(page)
    assert said.count("A person decided on") == 2 * len(view.lines)
    assert "By the rules alone: A person decides" in said
    assert 'Reason given: worn <script>alert("x")</script>' in said
    assert "<script" not in page
    assert "reviewer:" not in page


@pytest.mark.parametrize("kind", ["decision-tree", "decision-page"])
async def test_only_who_may_read_the_return_reads_its_decision(journey: Journey, kind: str) -> None:
    """Another tenant finds nothing, nobody is let in, and French is none of ours."""
    view = await labelled(journey)
    path = f"/v1/returns/{view.return_id}/{kind}"

    others = await journey.http[OTHER_TENANT, "platform"].get(path)
    nobody = await journey.anonymous.get(path)
    french = await journey.http[TENANT, "platform"].get(path, params={"lang": "fr"})

    assert (others.status_code, others.json()["code"]) == (404, "return_not_found")
    assert nobody.status_code == 401
    assert (french.status_code, french.json()["field"]) == (400, "lang")
    with pytest.raises(BackhaulError, match="return_not_found"):
        await journey.client().get_decision_tree("RMA-0000-00-0")


async def test_staff_read_the_tree_with_its_codes(journey: Journey) -> None:
    """Behind the sign-in, from the return's page, in any of the languages."""
    view = await labelled(journey)
    http = httpx.AsyncClient(
        base_url="http://pages", transport=httpx.ASGITransport(create_app(journey.services))
    )
    path = f"/finance/returns/{view.return_id}/decision"
    async with http:
        browser = Browser(http)
        stranger = await http.get(path)
        _, key = await journey.services.keys.create(TENANT, Role.AUDITOR, "Ada")
        await browser.sign_in(key)

        linked = await browser.read(f"/finance/returns/{view.return_id}")
        page = await browser.read(f"{path}?lang=zh")
        unknown = await http.get(f"{path}?lang=fr")

    assert (stranger.status_code, stranger.headers["Location"][:16]) == (303, "/finance/sign-in")
    assert f'href="{path}"' in linked
    assert "<code>R_WITHDRAWAL_IN_WINDOW</code>" in page
    assert '<article lang="zh-Hans">' in page
    assert '<a href="?lang=ja" lang="ja" hreflang="ja">日本語</a>' in page
    assert unknown.status_code == 400


def _codes(nodes: tuple[TreeNode, ...]) -> list[str | None]:
    """Return the reason codes of a tree, in its order."""
    return [
        code for node in nodes for code in (node.code, *_codes(node.parts)) if code in REASON_CODES
    ]
