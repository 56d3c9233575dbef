"""Stripe's lists, page by page."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TypeVar

from integrations.errors import ProtocolError
from integrations.http import Call, HttpApi
from integrations.payments.stripe import wire

_PAGE = "100"
_Page = TypeVar("_Page", wire.WireRefundPage, wire.WireHoldPage)


async def pages(api: HttpApi, call: Call, page_of: type[_Page]) -> AsyncIterator[_Page]:
    """Read every page of the list that ``call`` asks for, newest first.

    Raises:
        ProtocolError: a page without rows promises more; else as :meth:`HttpApi.ask`.
    """
    query, more = {**call.query, "limit": _PAGE}, True
    while more:
        page = await api.ask(replace(call, query=query), page_of)
        yield page
        more = page.has_more
        if more and not page.data:
            raise ProtocolError(wire.SYSTEM, "an empty page promises more", field="data")
        if more:
            query["starting_after"] = page.data[-1].id
