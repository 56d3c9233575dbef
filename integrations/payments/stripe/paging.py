"""Stripe's lists, page by page."""

from collections.abc import AsyncIterator, Mapping
from typing import TypeVar

from integrations.errors import ProtocolError
from integrations.http import Call, HttpApi
from integrations.payments.stripe import wire

_PAGE = "100"
_Page = TypeVar("_Page", wire.WireRefundPage, wire.WireHoldPage)


async def pages(
    api: HttpApi, path: str, wanted: Mapping[str, str], page_of: type[_Page]
) -> AsyncIterator[_Page]:
    """Read every page of a list, newest first.

    Raises:
        ProtocolError: a page without rows promises more; else as :meth:`HttpApi.ask`.
    """
    query, more = {**wanted, "limit": _PAGE}, True
    while more:
        page = await api.ask(Call("GET", path, query=query), page_of)
        yield page
        more = page.has_more
        if more and not page.data:
            raise ProtocolError(wire.SYSTEM, "an empty page promises more", field="data")
        if more:
            query["starting_after"] = page.data[-1].id
