"""The address a request came from, and the network that limits count it by."""

from functools import lru_cache
from ipaddress import IPv4Address, ip_address

from starlette.requests import Request


def client_address(request: Request) -> str:
    """Return the address the request came from, as far as it can be trusted: see `trusted_proxies`."""
    return request.client.host if request.client else "unknown"


def client_network(request: Request) -> str:
    """Return the network the request came from, as far as one customer has a whole one."""
    return network(client_address(request))


@lru_cache(maxsize=10_000)
def network(address: str) -> str:
    """Return the 64 bits of an IPv6 address that one customer has, or an IPv4 address itself, also where it is written as IPv6."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv4Address):
        return address
    return str(found.ipv4_mapped or found.exploded[:19])
