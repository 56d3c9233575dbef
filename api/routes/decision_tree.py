"""How a return was decided, in the reader's language: as a tree, and as a page that shows it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response

from api.asking import ServicesOf
from api.auth import Caller, needs
from api.decision_tree import decision_tree
from api.languages import reader_language
from api.pages.rendering import page_alone
from api.views import row_view
from backhaul_client.decision_tree import DecisionTree
from domain.wording import Language, catalogue

router = APIRouter(prefix="/v1/returns/{return_id}", tags=["returns"])


def _language(
    lang: Annotated[Language | None, Query()] = None,
    accept_language: Annotated[str | None, Header()] = None,
) -> Language:
    return reader_language(lang, accept_language)


LanguageOf = Annotated[Language, Depends(_language)]
"""The language named by ``lang``, else the one that ``Accept-Language`` prefers, else English."""


@router.get("/decision-tree", operation_id="get_decision_tree")
async def get_decision_tree(
    caller: Annotated[Caller, needs("get")],
    return_id: str,
    services: ServicesOf,
    language: LanguageOf,
    response: Response,
) -> DecisionTree:
    """Say per line what counts, why, which rules were looked at, the terms, and who decided."""
    row = await services.returns.find(caller.tenant_id, return_id)
    response.headers.update(_told_in(language))
    return decision_tree(row_view(row), language)


@router.get(
    "/decision-page",
    operation_id="get_decision_page",
    response_class=Response,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
)
async def get_decision_page(
    caller: Annotated[Caller, needs("get")],
    return_id: str,
    services: ServicesOf,
    language: LanguageOf,
) -> Response:
    """Show the same as a page that holds its own style: for the shop to show to its customer."""
    row = await services.returns.find(caller.tenant_id, return_id)
    tree = decision_tree(row_view(row), language)
    answer = page_alone("decision_alone.html", {"tree": tree, "with_codes": False})
    answer.headers.update(_told_in(language))
    return answer


def _told_in(language: Language) -> dict[str, str]:
    return {"Content-Language": catalogue(language).tag, "Vary": "Accept-Language"}
