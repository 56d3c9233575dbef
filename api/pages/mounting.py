"""The pages as a part of the application: their routes, and their refusals as pages."""

from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from temporalio.service import RPCError

from api.pages import acting, deciding, finance, signing_in
from api.pages.rendering import page
from api.pages.visiting import START, SignInNeededError, sign_in_path
from api.problems import problem_of, status_of
from domain.codes import PROBLEMS, RefusedError
from storage.database import UNREACHABLE


def add_pages(app: FastAPI) -> None:
    for routes in (signing_in, finance, deciding, acting):
        app.include_router(routes.router)
    app.add_exception_handler(SignInNeededError, _sign_in)
    for kind in (RefusedError, RPCError, *UNREACHABLE):
        app.add_exception_handler(kind, _refused)


def is_page(path: str) -> bool:
    return path == START or path.startswith(f"{START}/")


def refused_page(code: str, detail: str) -> Response:
    data = {"code": code, "meaning": PROBLEMS[code].meaning, "detail": detail}
    return page("refused.html", data, status=status_of(code))


def _sign_in(_request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInNeededError)
    return RedirectResponse(sign_in_path(error.next_path), status_code=HTTPStatus.SEE_OTHER)


def _refused(request: Request, error: Exception) -> Response:
    """Answer a person with a page, and a program with a problem document."""
    if is_page(request.url.path):
        if isinstance(error, RefusedError):
            return refused_page(error.code, str(error))
        return refused_page("engine_unavailable", "try again in a moment")
    answer = problem_of(error)
    assert answer is not None
    return answer
