"""Kuaidi100 on paper: what its adapter asks for, and answers as the manual has them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import httpx

from integrations.carriers.kuaidi100.adapter import Kuaidi100Carrier, open_kuaidi100_client
from tests.contract.answers import Answer, Answering, json_answer, json_in_form
from tests.contract.inside_china import KEY, NOW

QUOTED = f"{KEY}-CNY850"
PLACED = f"{QUOTED}-9FC293CA417E431F33046E64F4C4EC20-20066771"
SALT = "abc123"
NUMBERS = {
    "taskId": "9FC293CA417E431F33046E64F4C4EC20",
    "orderId": "20066771",
    "kuaidinum": "YT2213099035201",
}


def answer(data: object = None) -> httpx.Response:
    return json_answer({"result": True, "returnCode": "200", "message": "提交成功", "data": data})


def refusal(code: object) -> httpx.Response:
    """Refuse as Kuaidi100 does: with HTTP 200, and words that may repeat the address."""
    return json_answer({"result": False, "returnCode": code, "message": "例子路1号"})


def detail(status: object = "0", **more: object) -> httpx.Response:
    return answer({"status": status, "kuaidiNum": "YT2213099035201", **more})


def param_of(request: httpx.Request) -> dict[str, Any]:
    return json_in_form(request, "param")


@asynccontextmanager
async def carrier(
    *answers: Answer, now: datetime = NOW
) -> AsyncIterator[tuple[Kuaidi100Carrier, Answering]]:
    transport = Answering(*answers)
    async with open_kuaidi100_client("http://kuaidi100.test", transport) as client:
        yield (
            Kuaidi100Carrier(
                client,
                api_key="key",
                secret="secret",
                customer="customer",
                courier_company="yuantong",
                webhook_url="https://backhaul.test/hook",
                webhook_salt=SALT,
                clock=lambda: now,
            ),
            transport,
        )
