"""The routes of groups and organizations."""

from collections.abc import Callable

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.routing import Route

from kb.accounts.authentication import sensitive_acts
from kb.accounts.authentication.fresh_sign_in import with_fresh_sign_in
from kb.accounts.authentication.sensitive_acts import Act
from kb.i18n import pgettext
from kb.web.forms import FormView, with_form
from tickets.teams import deactivation, group_pages, organization_pages
from tickets.teams.group_pages import require_manager


def _change_groups(request: Request, form: FormData) -> Act:  # noqa: ARG001
    return Act(pgettext("You’re about to", "change the groups, which decide who sees which tickets"), "/desk/groups")


def _change_organizations(request: Request, form: FormData) -> Act:  # noqa: ARG001
    return Act(pgettext("You’re about to", "change an organization, which decides who sees whose requests"), "/desk/organizations")


def _sensitive(view: FormView) -> Callable[[Request], object]:
    return with_form(with_fresh_sign_in(view, require_manager, _change_organizations))


routes = [
    Route("/desk/people/{id:int}/disablement", deactivation.ask, methods=["GET"]),
    Route(
        "/desk/people/{id:int}/disablement",
        with_form(with_fresh_sign_in(deactivation.disable, deactivation.require_manager, sensitive_acts.disable)),
        methods=["POST"],
    ),
    Route("/desk/groups", group_pages.list_groups, methods=["GET"]),
    Route("/desk/groups", with_form(with_fresh_sign_in(group_pages.create, require_manager, _change_groups)), methods=["POST"]),
    Route("/desk/groups/new", group_pages.new, methods=["GET"]),
    Route("/desk/groups/{id:int}", group_pages.show, methods=["GET"]),
    Route("/desk/groups/{id:int}", with_form(with_fresh_sign_in(group_pages.update, require_manager, _change_groups)), methods=["POST"]),
    Route("/desk/groups/{id:int}/deletion", with_form(with_fresh_sign_in(group_pages.delete, require_manager, _change_groups)), methods=["POST"]),
    Route("/desk/organizations", organization_pages.list_organizations, methods=["GET"]),
    Route("/desk/organizations", _sensitive(organization_pages.create), methods=["POST"]),
    Route("/desk/organizations/new", organization_pages.new, methods=["GET"]),
    Route("/desk/organizations/{id:int}", organization_pages.show, methods=["GET"]),
    Route("/desk/organizations/{id:int}", _sensitive(organization_pages.update), methods=["POST"]),
    Route("/desk/organizations/{id:int}/members", _sensitive(organization_pages.add_member), methods=["POST"]),
    Route("/desk/organizations/{id:int}/members/{user:int}/removal", _sensitive(organization_pages.remove_member), methods=["POST"]),
    Route("/desk/organizations/{id:int}/deletion", _sensitive(organization_pages.delete), methods=["POST"]),
]
