"""Ports for servers that are started by tests."""

import secrets
import socket
from contextlib import suppress
from pathlib import Path

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
AS_A_RULE = 32768
LOWEST = 10_000


def free_port() -> int:
    """Return a TCP port nobody listens on.

    It is below the ports that the system gives to those who ask for any, so nobody gets it before the server that it is for.
    """
    end = int(RANGE.read_text().split()[0]) if RANGE.is_file() else AS_A_RULE
    while True:
        port = LOWEST + secrets.randbelow(max(end - LOWEST, 1000))
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
