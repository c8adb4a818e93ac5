"""Changing the address one signs in with: the new mailbox proves itself by a link, and the old one hears of it."""

from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts import account, notices, people, queries, sessions
from kb.accounts.audit_log import log as audit
from kb.accounts.audit_log.models import Kind
from kb.accounts.authentication.tokens import digest
from kb.accounts.models import User
from kb.db import database, now
from kb.i18n import N_
from kb.i18n import gettext as _
from kb.i18n.translate import current
from kb.jobs import outbox
from kb.rate_limit.queries import count_hit
from kb.web.forms import text
from kb.web.templates import render

HOUR = timedelta(hours=1)
NO_REFERRER = {"Referrer-Policy": "no-referrer"}
TAKEN = N_("Another account has this email address.")


def create(request: Request, form: FormData) -> Response:
    """Have a link mailed to the new address. Whether somebody else has that address is found when the mail is written, so the answer does not tell."""
    user, moment = sessions.require_user(request), now()
    email = people.canonical_email(text(form, "email", 300))
    if not people.is_email(email):
        return account.page(request, user, errors={"email": _("Enter an email address, like name@example.com.")}, email=email)
    if email == user.email:
        return RedirectResponse("/account", 303)
    if not people.is_email(user.email):
        return _replace_placeholder(request, user, email)
    with database(request).write() as session:
        most = request.app.state.settings.links_per_hour
        buckets = (f"address-change:{user.id}", f"link:{email}")
        counts = [count_hit(session, bucket, window=HOUR, now=moment) for bucket in buckets]
        is_calm = max(counts) <= most
        if is_calm:
            outbox.enqueue(session, "mail.confirm_address", {"user_id": user.id, "email": email, "language": current().code}, now=moment)
    if not is_calm:
        problem = _("You asked for several links in the last hour. Try again in an hour.")
        return account.page(request, user, errors={"email": problem}, email=email, status=429)
    return RedirectResponse("/account?saved=address", 303)


def show(request: Request) -> Response:
    """A button that makes the change, for the person who asked for it."""
    user, token = sessions.current_user(request), request.path_params["token"]
    with database(request).read() as session:
        change = queries.open_address_change(session, digest(token), now())
    if change is None:
        return _over(request)
    if user is None or user.id != change.user_id:
        return render(request, "accounts/address_elsewhere.html", {"user": user}, status=403, headers=NO_REFERRER)
    return render(request, "accounts/address.html", {"user": user, "token": token, "email": change.email}, headers=NO_REFERRER)


def confirm(request: Request, form: FormData) -> Response:  # noqa: ARG001
    """Make the change: once, within an hour, by the person who asked for it. Other browsers are signed out, other links are void."""
    user, moment = sessions.require_user(request), now()
    try:
        with database(request).write() as session:
            change = queries.take_address_change(session, digest(request.path_params["token"]), user.id, moment)
            if change is None:
                return _over(request)
            stored = session.get_one(User, user.id)
            stored.email, stored.is_verified = change, True
            if not stored.is_organization_chosen:
                stored.organization_id = queries.organization_of_domain(session, change)
            session.flush()
            sessions.end_others(request, session, user)
            queries.delete_links_of(session, user.id)
            audit.record(session, Kind.ADDRESS_CHANGED, audit.source(request, user), moment, person=user, detail=f"to {change}")
            notices.address_changed(session, user.email, change, moment)
    except IntegrityError:
        return account.page(request, user, errors={"email": _(TAKEN)}, status=409)
    return RedirectResponse("/account?saved=new-address", 303, NO_REFERRER)


def _replace_placeholder(request: Request, user: User, email: str) -> Response:
    """Store the first admin's own address at once: there is no earlier mailbox to protect, and maybe no mail server yet."""
    try:
        with database(request).write() as session:
            stored = session.get_one(User, user.id)
            stored.email, stored.is_verified = email, False
            session.flush()
            audit.record(session, Kind.ADDRESS_CHANGED, audit.source(request, user), now(), person=user, detail=f"to {email}")
    except IntegrityError:
        return account.page(request, user, errors={"email": _(TAKEN)}, email=email)
    return RedirectResponse("/account?saved=new-address", 303)


def _over(request: Request) -> Response:
    return render(request, "accounts/address_over.html", {"user": sessions.current_user(request)}, status=410, headers=NO_REFERRER)
