"""Decide whether a new request is accepted, held for review, or refused."""

from datetime import timedelta

from sqlalchemy.orm import Session
from starlette.requests import Request

from kb.db import now
from kb.i18n import N_
from kb.rate_limit.queries import count_hit
from kb.web.client_address import client_network
from tickets.forms import RequestForm
from tickets.nonce import Nonce

FASTEST = timedelta(seconds=2)
HARD_CAP = 10
"""Times the requests per hour from which on an address is refused."""


class TooManyRequests(Exception):
    """The address has sent more requests than are even held for review."""


def reason_to_hold(request: Request, session: Session, form: RequestForm, nonce: Nonce) -> str | None:
    """Return why the request is held for review, None where it is not. Raises TooManyRequests where it is refused."""
    most = request.app.state.settings.requests_per_hour
    count = count_hit(session, f"request:{client_network(request)}", window=timedelta(hours=1), now=now())
    if count > most * HARD_CAP:
        raise TooManyRequests
    if form.trap:
        return N_("A field that only machines see was filled in.")
    # Browsers send Sec-Fetch-User when a person pressed the button; one with saved answers may be quick.
    if nonce.age(now()) < FASTEST and request.headers.get("sec-fetch-user") != "?1":
        return N_("The form was sent within two seconds of being opened.")
    return N_("Too many requests came from one address within an hour.") if count > most else None
