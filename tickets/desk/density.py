"""How dense a person's lists are: comfortable, or compact with one line for each ticket. The browser keeps the choice."""

import re

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts.sessions import is_secure, require_staff
from kb.web.forms import text

COOKIE, PATH, YEAR_S = "deskbook_density", "/desk", 365 * 86400
COMFORTABLE, COMPACT = "comfortable", "compact"
_LIST = re.compile(r"/desk(?:/(?:views/[a-z0-9-]+|search))?(?:\?[^\s\\]*)?")


def density(request: Request) -> str:
    """Return what this browser chose."""
    return COMPACT if request.cookies.get(COOKIE) == COMPACT else COMFORTABLE


def choose(request: Request, form: FormData) -> Response:
    """Keep the choice and show the list again."""
    require_staff(request)
    back = text(form, "back", 4000)
    answer = RedirectResponse(back if _LIST.fullmatch(back) else "/desk", 303)
    chosen = COMPACT if text(form, "density", 20) == COMPACT else COMFORTABLE
    answer.set_cookie(COOKIE, chosen, max_age=YEAR_S, path=PATH, secure=is_secure(request), httponly=True, samesite="lax")
    return answer
