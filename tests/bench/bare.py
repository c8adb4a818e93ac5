"""The least a Starlette app can do: one route, finished bytes, nothing else."""

import socket
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def run(file: str, *headers: str) -> None:
    """Serves the bytes of `file` at `/`, with `headers` as name=value."""
    body, fixed = Path(file).read_bytes(), dict(header.split("=", 1) for header in headers)

    async def page(_request: Request) -> Response:
        return Response(body, headers=fixed)

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(512)  # before the address is told: whoever reads it may call
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", file=sys.stderr, flush=True)
        config = uvicorn.Config(Starlette(routes=[Route("/", page)]), http="httptools", log_config=None, access_log=False, server_header=False)
        uvicorn.Server(config).run(sockets=[listener])
