"""Decide whether a new request is accepted, held for review, or refused."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session
from starlette.requests import Request

from kb.db import now
from kb.i18n import N_
from kb.rate_limit.queries import count_hit, count_hits
from kb.web.http.client_address import client_network
from tickets.forms import RequestForm
from tickets.nonce import Nonce
from tickets.subscribers.requester_email import RECEIPT_WINDOW, receipt_bucket

FASTEST = timedelta(seconds=2)
HARD_CAP = 10
"""Times the requests per hour from which on an address is refused."""


class TooManyRequests(Exception):
    """The address has sent more requests than are even held for review."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a request."""

    reason_to_hold: str | None
    """Why it is held for review; None where it is not."""
    receipts: int | None = None
    """How many receipts its address got in this hour, with this one; None where it is held."""


def judge(request: Request, session: Session, form: RequestForm, nonce: Nonce, email: str) -> Verdict:
    """Count the request and return what becomes of it. Raises TooManyRequests where it is refused."""
    most, moment = request.app.state.settings.requests_per_hour, now()
    here, receipts = f"request:{client_network(request)}", receipt_bucket(email)
    reason = _looks_automatic(request, form, nonce, moment)
    buckets = (here,) if reason is not None else (here, receipts)
    # Both in one statement, and late: on PostgreSQL, who files from the same network waits from here until this transaction ends.
    counts = count_hits(session, buckets, window=RECEIPT_WINDOW, now=moment)
    if counts[here] > most * HARD_CAP:
        raise TooManyRequests
    if reason is not None:
        return Verdict(reason)
    if counts[here] > most:
        count_hit(session, receipts, window=RECEIPT_WINDOW, now=moment, amount=-1)  # a held one is sent none
        return Verdict(N_("Too many requests came from one address within an hour."))
    return Verdict(None, counts[receipts])


def _looks_automatic(request: Request, form: RequestForm, nonce: Nonce, now: datetime) -> str | None:
    if form.trap:
        return N_("A field that only machines see was filled in.")
    # Browsers send Sec-Fetch-User when a person pressed the button; one with saved answers may be quick.
    if nonce.age(now) < FASTEST and request.headers.get("sec-fetch-user") != "?1":
        return N_("The form was sent within two seconds of being opened.")
    return None
