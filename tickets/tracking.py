"""The secret link to a request: whoever holds it may read and answer, without an account."""

import hashlib
import hmac
import re
from typing import cast

from sqlalchemy.orm import Session
from starlette.requests import Request

from tickets import queries
from tickets.models import Ticket

TOKEN = re.compile(r"([1-9][0-9]{0,17})-([0-9a-f]{32})")
CUSTOMER_WORDS = {"new": "Open", "open": "Open", "pending": "Waiting for you", "hold": "Open", "solved": "Solved", "closed": "Closed"}


def tracking_path(key: str, ticket_id: int, salt: str) -> str:
    """Path of the request's page: its number and a 128-bit HMAC-SHA256 of it under the site's key; a new salt revokes it."""
    return f"/requests/{ticket_id}-{_mac(key, ticket_id, salt)}"


def tracked_ticket(session: Session, key: str, token: str) -> Ticket | None:
    """The ticket that `token` (the last part of a tracking path) opens; None for a wrong one and an unknown one alike."""
    match = TOKEN.fullmatch(token)
    if match is None:
        return None
    ticket_id = int(match[1])
    salt = queries.ticket_salt(session, ticket_id)
    # An unknown number takes as long as a wrong secret.
    is_right = hmac.compare_digest(_mac(key, ticket_id, salt or ""), match[2])
    return queries.ticket(session, ticket_id) if is_right and salt else None


def site_key(request: Request) -> str:
    """The key that signs this site's links and forms."""
    return cast(str, request.app.state.secret_key)


def customer_status(status: str) -> str:
    """The status in the customer's words; that others are waited for is no concern of theirs."""
    return CUSTOMER_WORDS[status]


def _mac(key: str, ticket_id: int, salt: str) -> str:
    return hmac.new(key.encode(), f"request:{ticket_id}:{salt}".encode(), hashlib.sha256).hexdigest()[:32]
