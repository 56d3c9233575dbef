"""A system on paper: answers requests as a test wants and remembers what it was asked."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import httpx

Answer = httpx.Response | Exception


class Answering(httpx.AsyncBaseTransport):
    """Gives its answers in turn, the last one for ever; an exception is raised instead."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        # A response is consumed by reading it, so each request gets one of its own.
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    @property
    def last(self) -> httpx.Request:
        return self.requests[-1]


def json_answer(
    body: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> httpx.Response:
    return httpx.Response(status, headers=headers, json=body)


def form_of(request: httpx.Request) -> dict[str, str]:
    return dict(parse_qsl(request.content.decode(), keep_blank_values=True))


def json_of(request: httpx.Request) -> dict[str, object]:
    body = json.loads(request.content)
    assert isinstance(body, dict)
    return body


def json_in_form(request: httpx.Request, field: str) -> dict[str, Any]:
    """Return what one field of a form holds as JSON."""
    found = json.loads(form_of(request)[field])
    assert isinstance(found, dict)
    return found
