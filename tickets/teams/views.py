"""The routes of groups."""

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.routing import Route

from kb.accounts.fresh_sign_in import with_fresh_sign_in
from kb.accounts.sensitive_acts import Act
from kb.i18n import pgettext
from kb.web.forms import with_form
from tickets.teams import group_pages
from tickets.teams.group_pages import require_manager


def _change_groups(request: Request, form: FormData) -> Act:  # noqa: ARG001
    return Act(pgettext("You’re about to", "change the groups, which decide who sees which tickets"), "/desk/groups")


routes = [
    Route("/desk/groups", group_pages.list_groups, methods=["GET"]),
    Route("/desk/groups", with_form(with_fresh_sign_in(group_pages.create, require_manager, _change_groups)), methods=["POST"]),
    Route("/desk/groups/new", group_pages.new, methods=["GET"]),
    Route("/desk/groups/{id:int}", group_pages.show, methods=["GET"]),
    Route("/desk/groups/{id:int}", with_form(with_fresh_sign_in(group_pages.update, require_manager, _change_groups)), methods=["POST"]),
    Route("/desk/groups/{id:int}/deletion", with_form(with_fresh_sign_in(group_pages.delete, require_manager, _change_groups)), methods=["POST"]),
]
