"""Limits on how often something may be done, counted in the database so that every process sees the same."""

from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Address, ip_address

from sqlalchemy.orm import Session
from starlette.requests import Request

from kb.accounts import queries


def take(session: Session, bucket: str, *, most: int, window: timedelta, now: datetime) -> bool:
    """Counts one more in `bucket`; whether it is within `most` per `window`."""
    return queries.count_more(session, bucket, window, now) <= most


def taken(session: Session, bucket: str, *, window: timedelta, now: datetime, amount: int = 1) -> int:
    """Counts `amount` more in `bucket`; how many there are now in this `window`."""
    return queries.count_more(session, bucket, window, now, amount)


def client_address(request: Request) -> str:
    """The address the request came from, as far as it can be trusted: see `trusted_proxies`."""
    return request.client.host if request.client else "unknown"


def client_network(request: Request) -> str:
    """What limits are counted by: the network the request came from, as far as one customer has a whole one."""
    return network(client_address(request))


@lru_cache(maxsize=10_000)
def network(address: str) -> str:
    """The address; of IPv6 the network of 64 bits that one customer has, and of IPv4 written as IPv6 the IPv4 address."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv4Address):
        return address
    return str(found.ipv4_mapped or found.exploded[:19])
