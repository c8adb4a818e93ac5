"""Adding to the audit log."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import cast

from sqlalchemy.orm import Session
from starlette.requests import Request

from kb.accounts.audit_log import queries
from kb.accounts.audit_log.models import MAX_DETAIL_CHARS, AuditRecord, Kind
from kb.accounts.models import User
from kb.config import Settings
from kb.rate_limit.queries import count_hit
from kb.text import email_address
from kb.web.http.client_address import client_address

HOUR = timedelta(hours=1)
FAILURES_BUCKET = "audit:failures"
PREFIX_BITS = {4: 24, 6: 48}


@dataclass(frozen=True, slots=True)
class Source:
    """Who did it, and the network their request came from."""

    actor_id: int | None
    actor: str
    network: str = ""


COMMAND_LINE, DESKBOOK = Source(None, "command line"), Source(None, "Deskbook")


def source(request: Request, user: User | None) -> Source:
    """`user` as the source of what this request does."""
    return Source(user.id if user else None, user.email if user else "", shown_network(request))


def record(session: Session, kind: Kind, by: Source, now: datetime, *, person: User | None = None, email: str = "", detail: str = "") -> None:
    """Add one record. `person` is who it was done to, or `email` where there is no account."""
    row = AuditRecord(
        at=now,
        kind=kind,
        actor_id=by.actor_id,
        actor=by.actor,
        person_id=person.id if person else None,
        person=person.email if person else email[:254],
        detail=" ".join(detail.split())[:MAX_DETAIL_CHARS],
        network=by.network,
    )
    session.add(row)


def record_failure(session: Session, request: Request, typed: str, reason: str, now: datetime) -> None:
    """Record a failed sign-in, up to the hour's limit.

    Only a plain address is kept of what was typed: people also type passwords into that field. The account is not looked up, so that known and unknown
    addresses take equally long.
    """
    most = _settings(request).audit_failures_per_hour
    count = count_hit(session, FAILURES_BUCKET, window=HOUR, now=now)
    by = Source(None, "", shown_network(request))
    if count <= most:
        record(session, Kind.SIGN_IN_FAILED, by, now, email=email_address.canonical_email(typed) or "", detail=reason)
    elif count == most + 1:
        record(session, Kind.FAILURES_NOT_LISTED, DESKBOOK, now, detail=f"More than {most} failed sign-ins in this hour. The rest of the hour is only counted.")


def summarise_failures(session: Session, settings: Settings, now: datetime) -> None:
    """Record how many failed sign-ins of past hours were not listed, once for each hour."""
    for begin, count in queries.take_ended_counts(session, FAILURES_BUCKET, now):
        if (rest := count - settings.audit_failures_per_hour) > 0:
            detail = f"{rest:,} more failed sign-ins between {begin:%H:%M} and {begin + HOUR:%H:%M} UTC on {begin:%d %B %Y}."
            record(session, Kind.FAILURES_NOT_LISTED, DESKBOOK, now, detail=detail)


def shown_network(request: Request) -> str:
    """The network the request came from, as exact as the settings allow."""
    kept, client = _settings(request).audit_network, client_address(request)
    if kept == "none":
        return ""
    try:
        found = ip_address(client.partition("%")[0])
    except ValueError:
        return ""
    found = getattr(found, "ipv4_mapped", None) or found
    return str(found) if kept == "full" else str(ip_network((found, PREFIX_BITS[found.version]), strict=False))


def _settings(request: Request) -> Settings:
    return cast(Settings, request.app.state.settings)
