"""Attempts at a password: limited for each network and account, and recorded when they fail."""

import re
from datetime import timedelta
from typing import cast

from starlette.requests import Request

from kb.accounts.audit_log import log as audit
from kb.accounts.models import User
from kb.config import Settings
from kb.db import database, now
from kb.i18n import N_
from kb.i18n.translate import current
from kb.jobs import outbox
from kb.rate_limit.queries import count_hit, is_within_limit
from kb.web.http.client_address import client_network

HOLDS_SECRET = re.compile(r"/(requests/\d|sign-in/|account/address/)")
"""Paths that open something to whoever has them, and so are not stored."""
TOO_MANY_CODES = N_("There were too many wrong codes. Try again in an hour.")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def may_try(request: Request, email: str) -> bool:
    """Count one more attempt; return True while neither this network nor the account with this address has had too many.

    The owner hears once a day that their account is being tried.
    """
    moment, settings = now(), _settings(request)
    with database(request).write() as session:
        from_here = count_hit(session, network_bucket(request), window=HOUR, now=moment)
        at_address = count_hit(session, f"password:{email}", window=DAY, now=moment)
        # Each limit is recorded when it is reached, not again for every attempt that is refused after.
        if at_address == settings.password_tries_per_day + 1:
            outbox.enqueue(session, "mail.sign_in_paused", {"email": email}, now=moment)
            audit.record_failure(session, request, email, "too many attempts at this account today", moment)
        elif from_here == settings.sign_ins_per_hour + 1:
            audit.record_failure(session, request, email, "too many attempts from this network within an hour", moment)
    return from_here <= settings.sign_ins_per_hour and at_address <= settings.password_tries_per_day


def may_try_code(request: Request, user: User) -> bool:
    """Count one more code typed; return True while this account has not had too many."""
    with database(request).write() as session:
        return is_within_limit(session, f"code:{user.id}", most=_settings(request).codes_per_hour, window=HOUR, now=now())


def mail_link(request: Request, email: str, target: str) -> bool:
    """Have a sign-in link mailed that leads to `target`; return False when this network asked for too many.

    Too many for one address are dropped in silence, and whether the address is known is looked up when the mail is written: the answer tells neither.
    """
    moment, settings = now(), _settings(request)
    with database(request).write() as session:
        is_calm = is_within_limit(session, network_bucket(request), most=settings.sign_ins_per_hour, window=HOUR, now=moment)
        if is_calm and is_within_limit(session, f"link:{email}", most=settings.links_per_hour, window=HOUR, now=moment):
            kept = {"next": target} if target and not HOLDS_SECRET.match(target) else {}
            outbox.enqueue(session, "mail.sign_in_link", {"email": email, "language": current().code} | kept, now=moment)
    return is_calm


def too_many(request: Request) -> str:
    """Return what somebody reads who may not try again yet."""
    if _settings(request).sends_mail:
        return N_("There were too many attempts. Try again in an hour, or ask for a sign-in link by email.")
    return N_("There were too many attempts. Try again in an hour.")


def record_failure(request: Request, email: str, reason: str) -> None:
    """Record a failed attempt, in a transaction of its own."""
    moment = now()
    with database(request).write() as session:
        audit.record_failure(session, request, email, reason, moment)


def network_bucket(request: Request) -> str:
    """What the attempts of one network are counted under."""
    return f"sign-in:{client_network(request)}"


def _settings(request: Request) -> Settings:
    return cast(Settings, request.app.state.settings)
