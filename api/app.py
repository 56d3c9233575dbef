"""The application: layers from outside in, then routes."""

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from api.auth import Authentication
from api.body import Bodies
from api.guard import Guard
from api.openapi import document
from api.pages.mounting import add_pages, is_page, refused_page
from api.problems import problem, validation_problem
from api.routes import (
    arrivals,
    books,
    commands,
    credit,
    decision_tree,
    decisions,
    documents,
    finance,
    health,
    parcels,
    policies,
    refusals,
    returns,
    review,
    surveys,
    tenants,
    webhooks,
)
from api.services import Services

_CODES = {404: "not_found", 405: "method_not_allowed"}


def create_app(services: Services) -> FastAPI:
    """Make the application on these services, which stay the caller's to close."""
    app = routed_app()
    app.state.services = services
    return app


def routed_app() -> FastAPI:
    """Make the application without anything behind it: enough for its OpenAPI document."""
    # The usual pages about the document load scripts from elsewhere.
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url="/v1/openapi.json", title="Backhaul")
    for routes in (
        returns,
        decision_tree,
        decisions,
        documents,
        arrivals,
        parcels,
        refusals,
        commands,
        review,
        finance,
        books,
        credit,
        surveys,
        webhooks,
        tenants,
        policies,
        health,
    ):
        app.include_router(routes.router)
    add_pages(app)
    app.openapi = lambda: document(app)  # type: ignore[method-assign]  # FastAPI's own way
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    # The last one added is the outermost.
    app.add_middleware(Bodies)
    app.add_middleware(Authentication)
    app.add_middleware(Guard)
    return app


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if is_page(request.url.path):
        return refused_page("invalid_request", "the address is not complete")
    return validation_problem([*error.errors()])


def _http(request: Request, error: Exception) -> Response:
    """Answer what the framework refuses by itself: paths, methods, bodies it cannot read."""
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code, "invalid_encoding")
    if is_page(request.url.path):
        return refused_page(code, "there is no such page")
    answer = problem(code, str(error.detail).lower())
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer
