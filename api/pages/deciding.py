"""How a return was decided, for those who work with it: the shopper's tree, with its codes."""

from fastapi import APIRouter, Response

from api.asking import ServicesOf
from api.decision_tree import decision_tree
from api.pages.rendering import page
from api.pages.visiting import START, VisitorOf
from api.routes.decision_tree import LanguageOf
from api.views import row_view
from domain.wording import Language, catalogue

router = APIRouter(prefix=START, include_in_schema=False)


@router.get("/returns/{return_id}/decision")
async def show_decision(
    visitor: VisitorOf, services: ServicesOf, return_id: str, language: LanguageOf
) -> Response:
    view = row_view(await services.returns.find(visitor.key.tenant_id, return_id))
    data = {
        "visitor": visitor,
        "form_token": visitor.session.form_token,
        "view": view,
        "tree": decision_tree(view, language),
        "with_codes": True,
        "languages": {str(other): catalogue(other) for other in Language},
    }
    return page("decision.html", data)
