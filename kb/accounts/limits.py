"""Limits on how often something may be done, counted in the database so that every process sees the same."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session
from starlette.requests import Request

from kb.accounts import queries


def take(session: Session, bucket: str, *, most: int, window: timedelta, now: datetime) -> bool:
    """Counts one more in `bucket`; whether it is within `most` per `window`."""
    return queries.count_one(session, bucket, window, now) <= most


def taken(session: Session, bucket: str, *, window: timedelta, now: datetime) -> int:
    """Counts one more in `bucket`; how many there are now in this `window`."""
    return queries.count_one(session, bucket, window, now)


def client_address(request: Request) -> str:
    """The address the request came from, as far as it can be trusted: see `trusted_proxies`."""
    return request.client.host if request.client else "unknown"
