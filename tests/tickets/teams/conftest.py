"""Groups and organizations are tried on both databases."""

from tests.tickets.desk.conftest import client

__all__ = ["client"]
