"""One request and its answer: problems become :class:`BackhaulError`."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from backhaul_client.answer_model import PageModel
from backhaul_client.errors import BackhaulError
from backhaul_client.listing import Problem

Answer = TypeVar("Answer", bound=BaseModel)
Page = TypeVar("Page", bound=PageModel)
Query = Mapping[str, str | int]


class Transport:
    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def get(self, path: str, answer: type[Answer], query: Query | None = None) -> Answer:
        response = await self._http.get(path, params=dict(query or {}))
        return read(response, answer)

    async def pages(self, path: str, answer: type[Page], query: Query) -> AsyncIterator[Page]:
        """Read one page after the other, as you go on, to the last."""
        asked = dict(query)
        while True:
            page = await self.get(path, answer, asked)
            yield page
            if page.next_cursor is None:
                return
            asked["cursor"] = page.next_cursor

    async def fetch(self, path: str, query: Query | None = None) -> httpx.Response:
        """Get what is no JSON.

        Raises:
            BackhaulError: the API refused.
        """
        response = await self._http.get(path, params=dict(query or {}))
        read_nothing(response)
        return response

    async def delete(self, path: str) -> None:
        read_nothing(await self._http.delete(path))

    async def post(
        self, path: str, body: BaseModel, answer: type[Answer], *, key: str | None = None
    ) -> Answer:
        return read(await self.send(path, body, key=key), answer)

    async def put(self, path: str, body: Mapping[str, Any], answer: type[Answer]) -> Answer:
        """Put JSON that is not the API's but the caller's own, as it is."""
        return read(await self._http.put(path, json=body), answer)

    async def send(self, path: str, body: BaseModel, *, key: str | None = None) -> httpx.Response:
        """Post ``body`` without its unset fields and return whatever came back."""
        return await self._http.post(
            path,
            content=body.model_dump_json(exclude_unset=True),
            headers={"Content-Type": "application/json"}
            | ({"Idempotency-Key": key} if key is not None else {}),
        )


def read(response: httpx.Response, answer: type[Answer]) -> Answer:
    """Return the answer in its type.

    Raises:
        BackhaulError: the API refused, or something on the way answered in its place.
    """
    if not response.is_success:
        raise _problem(response)
    try:
        return answer.model_validate_json(response.content)
    except ValidationError as error:
        raise BackhaulError(
            status=response.status_code,
            code="unknown",
            detail=f"the answer is no {answer.__name__}: is this the Backhaul API?",
        ) from error


def read_nothing(response: httpx.Response) -> None:
    if not response.is_success:
        raise _problem(response)


def _problem(response: httpx.Response) -> BackhaulError:
    wait = response.headers.get("Retry-After", "")
    retry_after = float(wait) if wait.isascii() and wait.isdigit() else None
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:
        return BackhaulError(
            status=response.status_code,
            code="unknown",
            detail=response.reason_phrase or "no reason given",
            retry_after_seconds=retry_after,
        )
    return BackhaulError(
        status=response.status_code,
        code=problem.code,
        detail=problem.detail,
        field=problem.field,
        allowed_commands=problem.allowed_commands,
        version=problem.version,
        retry_after_seconds=retry_after,
    )
