"""A small cast: one requester at the form, and articles to be suggested."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from tickets.nonce import new_nonce

Send = Callable[..., Response]
ALICE: dict[str, Any] = {"email": "alice@example.com", "subject": "The printer is on fire", "description": "It smells.\nWhat now?"}


@pytest.fixture
def nonce(client: TestClient) -> str:
    """Of a form opened a minute ago, as people do."""
    return new_nonce(client.app.state.secret_key, datetime.now(UTC) - timedelta(minutes=1))


@pytest.fixture
def send(client: TestClient, nonce: str) -> Send:
    """Sends Alice's request, with what is named changed; files as (name, bytes)."""

    def send(*files: tuple[str, bytes], **changes: Any) -> Response:
        data = {key: value for key, value in (ALICE | {"nonce": nonce} | changes).items() if value is not None}
        return client.post("/requests", data=data, files=[("files", file) for file in files] or None)

    return send


def fields(html: str) -> dict[str, str]:
    """The hidden fields of a page, by name."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html))
