"""SF on paper: what its adapter asks for, and answers as the vendor's documents have them."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import httpx

from integrations.carriers.sf.adapter import SfCarrier, open_sf_client
from tests.contract.answers import Answer, Answering, form_of, json_answer, json_in_form
from tests.contract.inside_china import KEY, NOW

QUOTED = f"{KEY}-2-CNY1350-1"
NUMBER = "SF7444400043266"


def inner(**said: object) -> httpx.Response:
    """Answer with these fields behind the platform's success."""
    return json_answer(
        {"apiErrorMsg": "", "apiResultCode": "A1000", "apiResultData": json.dumps(said)}
    )


def answer(**data: object) -> httpx.Response:
    return inner(success=True, errorCode="S0000", errorMsg=None, msgData=data)


def refusal(code: object) -> httpx.Response:
    """Refuse as a service does: with HTTP 200, and words that may repeat the address."""
    return inner(success=False, errorCode=code, errorMsg="例子路1号", msgData=None)


def denial(code: object) -> httpx.Response:
    """Refuse as the platform does, with HTTP 200 as well."""
    return json_answer({"apiErrorMsg": "例子路1号", "apiResultCode": code, "apiResultData": None})


def order(**changes: object) -> httpx.Response:
    bills = [{"waybillType": 1, "waybillNo": NUMBER}]
    told = {"orderId": KEY, "filterResult": 2, "waybillNoInfoList": bills, "remark": None}
    return answer(**(told | changes))


def rates(*offers: dict[str, object]) -> httpx.Response:
    return answer(deliverTmDto=list(offers))


def rate(fee: object, product: str = "2", until: object = "2026-06-12 18:00:00") -> dict[str, Any]:
    return {"businessType": product, "deliverTime": f"{until},{until}", "fee": fee}


def routes(*told: dict[str, object], number: str = NUMBER) -> httpx.Response:
    return answer(routeResps=[{"mailNo": number, "routes": list(told)}])


def route(code: object, at: str = "2026-06-11 10:00:00") -> dict[str, object]:
    return {
        "acceptTime": at,
        "acceptAddress": "深圳市",
        "remark": "李师傅 13700000000",
        "opCode": code,
    }


def service_of(request: httpx.Request) -> str:
    return form_of(request)["serviceCode"]


def data_of(request: httpx.Request) -> dict[str, Any]:
    return json_in_form(request, "msgData")


@asynccontextmanager
async def carrier(
    *answers: Answer, now: datetime = NOW
) -> AsyncIterator[tuple[SfCarrier, Answering]]:
    transport = Answering(*answers)
    async with open_sf_client("http://sf.test", transport) as client:
        yield (
            SfCarrier(
                client,
                partner_id="partner",
                check_word="check word",
                monthly_card="7551234567",
                product="2",
                clock=lambda: now,
            ),
            transport,
        )
