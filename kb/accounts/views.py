"""The addresses of signing in, of one's account, and of the admin's pages."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.routing import Route

from kb.accounts import account, address_change, admin, availability, menu, own_sessions, role_pages
from kb.accounts.audit_log import page as audit_log
from kb.accounts.authentication import fresh_sign_in, sensitive_acts, sign_in, sign_in_code, two_factor_pages
from kb.accounts.authentication.fresh_sign_in import with_fresh_sign_in
from kb.accounts.permissions import Permission
from kb.accounts.sessions import require_user, requirement
from kb.web.forms import FormView, with_form

manage_people, manage_keys = requirement(Permission.MANAGE_PEOPLE), requirement(Permission.MANAGE_KEYS)


def _own_factor(view: FormView) -> Callable[[Request], object]:
    return with_form(with_fresh_sign_in(view, require_user, sensitive_acts.change_two_factor))


routes = [
    Route("/sign-in", sign_in.new, methods=["GET"]),
    Route("/sign-in", with_form(sign_in.create), methods=["POST"]),
    Route("/sign-in/code", sign_in_code.new, methods=["GET"]),
    Route("/sign-in/code", with_form(sign_in_code.create), methods=["POST"]),
    Route("/sign-in/link", with_form(sign_in.create_link), methods=["POST"]),
    Route("/sign-in/link/{token}", sign_in.show_link, methods=["GET"]),
    Route("/sign-in/link/{token}", with_form(sign_in.use_link), methods=["POST"]),
    Route("/sign-out", with_form(sign_in.sign_out), methods=["POST"]),
    Route("/account/menu", menu.show, methods=["GET"]),
    Route("/account", account.show, methods=["GET"]),
    Route("/account", with_form(account.update), methods=["POST"]),
    Route("/account/address", with_form(with_fresh_sign_in(address_change.create, require_user, sensitive_acts.change_address)), methods=["POST"]),
    Route("/account/address/{token}", address_change.show, methods=["GET"]),
    Route("/account/address/{token}", with_form(address_change.confirm), methods=["POST"]),
    Route("/account/password", with_form(with_fresh_sign_in(account.update_password, require_user, sensitive_acts.change_password)), methods=["POST"]),
    Route("/account/two-factor", two_factor_pages.show, methods=["GET"]),
    Route("/account/two-factor", _own_factor(two_factor_pages.begin), methods=["POST"]),
    Route("/account/two-factor/confirmation", _own_factor(two_factor_pages.confirm), methods=["POST"]),
    Route("/account/two-factor/recovery-codes", _own_factor(two_factor_pages.renew_codes), methods=["POST"]),
    Route("/account/two-factor/removal", _own_factor(two_factor_pages.remove), methods=["POST"]),
    Route("/account/availability", with_form(availability.update), methods=["POST"]),
    Route("/account/confirmed", fresh_sign_in.confirmed, methods=["GET"]),
    Route("/account/sessions/revocation", with_form(own_sessions.end_all), methods=["POST"]),
    Route("/account/sessions/{session}/revocation", with_form(own_sessions.end_one), methods=["POST"]),
    Route("/desk/people", admin.list_people, methods=["GET"]),
    Route("/desk/people", with_form(with_fresh_sign_in(admin.add_person, manage_people, sensitive_acts.add_person)), methods=["POST"]),
    Route("/desk/people/{id:int}/role", with_form(with_fresh_sign_in(admin.change_role, manage_people, sensitive_acts.change_role)), methods=["POST"]),
    Route(
        "/desk/people/{id:int}/two-factor/removal",
        with_form(with_fresh_sign_in(admin.reset_two_factor, manage_people, sensitive_acts.reset_two_factor)),
        methods=["POST"],
    ),
    Route("/desk/people/{id:int}/enablement", with_form(with_fresh_sign_in(admin.enable, manage_people, sensitive_acts.enable)), methods=["POST"]),
    Route("/desk/people/{id:int}/invitation", with_form(with_fresh_sign_in(admin.invite, manage_people, sensitive_acts.invite)), methods=["POST"]),
    Route("/desk/roles", role_pages.list_roles, methods=["GET"]),
    Route("/desk/roles", with_form(with_fresh_sign_in(role_pages.create, manage_people, sensitive_acts.create_role)), methods=["POST"]),
    Route("/desk/roles/new", role_pages.new, methods=["GET"]),
    Route("/desk/roles/{role}", role_pages.show, methods=["GET"]),
    Route("/desk/roles/{role}", with_form(with_fresh_sign_in(role_pages.update, manage_people, sensitive_acts.edit_role)), methods=["POST"]),
    Route("/desk/roles/{role}/deletion", with_form(with_fresh_sign_in(role_pages.delete, manage_people, sensitive_acts.delete_role)), methods=["POST"]),
    Route("/desk/audit-log", audit_log.show, methods=["GET"]),
    Route("/desk/api-keys", admin.list_keys, methods=["GET"]),
    Route("/desk/api-keys", with_form(with_fresh_sign_in(admin.make_key, manage_keys, sensitive_acts.make_key)), methods=["POST"]),
    Route("/desk/api-keys/{id:int}/revocation", admin.ask_to_revoke, methods=["GET"]),
    Route("/desk/api-keys/{id:int}/revocation", with_form(admin.revoke_key), methods=["POST"]),
]
