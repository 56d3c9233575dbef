"""Sign in with an API key, and out again."""

from datetime import UTC, datetime
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.asking import ServicesOf
from api.pages.rendering import page
from api.pages.sessions import COOKIE, LASTS
from api.pages.visiting import PEOPLE, START, FormOf, VisitorOf, read_form, safe_next

router = APIRouter(prefix=START, include_in_schema=False)


@router.get("/sign-in")
async def show_sign_in(next: str = START) -> Response:  # noqa: A002  # the name in the address
    return page("sign_in.html", {"next_path": safe_next(next), "trouble": ""})


@router.post("/sign-in")
async def sign_in(request: Request, services: ServicesOf) -> Response:
    form = await read_form(request)
    next_path = safe_next(form.get("next", START))
    key = await services.keys.find(form.get("key", "").strip())
    if key is None or key.role not in PEOPLE:
        # The same words for both: whether a key exists is nobody's business.
        trouble = f"That is no valid key of {', '.join(PEOPLE[:-1])} or {PEOPLE[-1]}."
        data = {"next_path": next_path, "trouble": trouble}
        return page("sign_in.html", data, status=HTTPStatus.FORBIDDEN)
    answer = RedirectResponse(next_path, status_code=HTTPStatus.SEE_OTHER)
    answer.set_cookie(
        COOKIE,
        services.sessions.cookie(key.tenant_id, key.key_id, now=datetime.now(UTC)),
        max_age=int(LASTS.total_seconds()),
        path=START,
        secure=services.pages_over_https,
        httponly=True,
        samesite="strict",
    )
    return answer


@router.post("/sign-out")
async def sign_out(_visitor: VisitorOf, _form: FormOf) -> Response:
    answer = RedirectResponse(f"{START}/sign-in", status_code=HTTPStatus.SEE_OTHER)
    answer.delete_cookie(COOKIE, path=START, httponly=True, samesite="strict")
    return answer
