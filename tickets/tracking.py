"""The secret link to a request: whoever holds it may read and answer, without an account."""

import hmac
import re
from dataclasses import dataclass
from typing import cast

from sqlalchemy.orm import Session
from starlette.requests import Request

from kb.i18n import pgettext
from tickets import queries
from tickets.access import SYSTEM
from tickets.models import Proof, Ticket

TOKEN = re.compile(r"([1-9][0-9]{0,17})-([0-9a-f]{32})")
_PURPOSES = ("request", "emailed")
_OPEN, _WAITING, _SOLVED, _CLOSED = "Open", "Waiting for you", "Solved", "Closed"
CUSTOMER_WORDS = {"new": _OPEN, "open": _OPEN, "pending": _WAITING, "hold": _OPEN, "solved": _SOLVED, "closed": _CLOSED}
_MARKS = {_OPEN: " accent", _WAITING: " warn", _SOLVED: " good"}


@dataclass(frozen=True, slots=True)
class CustomerStatus:
    """A status as the customer reads it, and the class of its badge."""

    name: str
    mark: str


@dataclass(frozen=True, slots=True)
class TrackedTicket:
    """A ticket that a secret link opened; `proof` says what holding that link shows: that of an email, that the address is theirs."""

    ticket: Ticket
    proof: str


def tracking_path(key: str, ticket_id: int, salt: str, *, is_emailed: bool = False) -> str:
    """Return the path of the request's page: its number and a 128-bit HMAC-SHA256 of it under the site's key. A new salt revokes it.

    The link that goes into emails to the requester differs from the one shown to whoever filed: who holds it has read the mailbox.
    """
    return f"/requests/{ticket_id}-{_mac(key, ticket_id, salt, _PURPOSES[is_emailed])}"


def tracked_ticket(session: Session, key: str, token: str) -> TrackedTicket | None:
    """Return the ticket that `token` (the last part of a tracking path) opens; None for a wrong one and an unknown one alike."""
    match = TOKEN.fullmatch(token)
    if match is None:
        return None
    ticket_id = int(match[1])
    salt = queries.ticket_salt(session, ticket_id)
    # An unknown number takes as long as a wrong secret.
    is_right, is_emailed = (hmac.compare_digest(_mac(key, ticket_id, salt or "", purpose), match[2]) for purpose in _PURPOSES)
    if salt is None or not (is_right or is_emailed):
        return None
    ticket = queries.ticket(session, SYSTEM, ticket_id)
    return TrackedTicket(ticket, str(Proof.EMAIL) if is_emailed else "") if ticket is not None else None


def site_key(request: Request) -> str:
    """The key that signs this site's links and forms."""
    return cast(str, request.app.state.secret_key)


def customer_status(status: str) -> CustomerStatus:
    """Return the status in the customer's words; to them a ticket on hold is simply open."""
    words = CUSTOMER_WORDS[status]
    return CustomerStatus(_name(words), _MARKS.get(words, ""))


def _name(words: str) -> str:
    names = {
        _OPEN: pgettext("status of a request", "Open"),
        _WAITING: pgettext("status of a request", "Waiting for you"),
        _SOLVED: pgettext("status of a request", "Solved"),
        _CLOSED: pgettext("status of a request", "Closed"),
    }
    return names[words]


def _mac(key: str, ticket_id: int, salt: str, purpose: str) -> str:
    return hmac.digest(key.encode(), f"{purpose}:{ticket_id}:{salt}".encode(), "sha256").hex()[:32]
