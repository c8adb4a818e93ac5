"""Whatever is asked of any address, by whomever: an answer within two seconds, and never a failure of ours."""

import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.accounts.authentication.api_keys import make_key
from kb.config import Settings
from kb.db import now
from kb.site.app import create_app
from tests.cast import add_person, signed_in
from tests.generators import searches
from tests.requests_of_strangers import Asked, requests
from tests.wire import Wire
from tickets.creation import NewTicket, create
from tickets.models import Ticket
from tickets.nonce import new_nonce
from tickets.tracking import tracking_path

pytestmark = pytest.mark.slow

MOST_S = 2.0


class Site:
    """The site as a server sees it, and who may come."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        key = client.app.state.secret_key
        with client.app.state.database.write() as session:
            create(session, NewTicket(email="alice@example.com", name="Alice", subject="It beeps", body="Twice."), now=now())
        with client.app.state.database.read() as session:
            ticket = session.scalars(select(Ticket)).one()
            track = tracking_path(key, ticket.id, ticket.salt).rpartition("/")[2]
        self.agent = add_person(client, "key@example.com")
        with client.app.state.database.write() as session:
            _, self.api_key = make_key(session, "test", "write", self.agent, now())
        self.known = (
            "reset",
            "zurück",
            "help",
            "help/start",
            track,
            new_nonce(key, datetime.now(UTC) - timedelta(minutes=1)),
            client.app.state.static.digest,
            "site.css",
            "de",
        )
        self._people = 0
        self._cookies: dict[str, str] = {}
        self.number = 0

    def cookie(self, role: str) -> str:
        """The cookie of somebody with this role who is signed in still."""
        found = self._cookies.get(role)
        if found is None or self.client.get("/account", headers={"cookie": found}).status_code != 200:
            self._people += 1
            browser = signed_in(self.client, f"{role}{self._people}@example.com", role)
            found = self._cookies[role] = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        return found

    def ask(self, asked: Asked, role: str) -> tuple[int, float]:
        """The status, and how long the answer took."""
        headers = [(b"host", b"testserver"), *asked.headers]
        if role == "key":
            headers.append((b"authorization", f"Bearer {self.api_key}".encode()))
        elif role:
            headers.append((b"cookie", self.cookie(role).encode()))
        began = time.monotonic()
        return self.client.portal.call(self._answer, asked, headers), time.monotonic() - began

    async def _answer(self, asked: Asked, headers: list[tuple[bytes, bytes]]) -> int:
        path, _, query = asked.target.partition("?")
        self.number += 1
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": asked.method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": headers,
            "client": (f"10.{self.number >> 16 & 255}.{self.number >> 8 & 255}.{self.number & 255}", 1000),
            "server": ("testserver", 80),
            "state": {},
        }
        statuses: list[int] = []

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": asked.body, "more_body": False}

        async def send(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                statuses.append(int(str(message["status"])))

        with contextlib.suppress(Exception):  # after its 500 the app raises what led there
            await self.client.app(scope, receive, send)
        return statuses[0]


@pytest.fixture
def site(settings: Settings) -> Iterator[Site]:
    _write(settings.content)
    limits = {"requests_per_hour": 1_000_000, "sign_ins_per_hour": 1_000_000, "searches_per_minute": 1_000_000, "links_per_hour": 1_000_000}
    known = {name: value for name, value in limits.items() if name in Settings.model_fields}
    with TestClient(create_app(settings.model_copy(update=known)), headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False) as client:
        yield Site(client)


def _write(content: Path) -> None:
    folder = content / "help" / "start"
    folder.mkdir(parents=True)
    (folder / "reset.md").write_text("---\ntitle: Reset the board\nkeywords: [restart]\n---\nPress the button twice.\n\n## Then\n\nWait.\n")
    (folder / "reset.de.md").write_text("---\ntitle: Die Platine zurücksetzen\n---\nZweimal drücken.\n")
    (folder / "secret.md").write_text("---\ntitle: For agents\naudience: agents\n---\nSecret.\n")
    (folder / "faq.md").write_text("---\ntitle: Is it safe?\ntype: faq\n---\nYes.\n")


@pytest.mark.parametrize("role", ["", "key", "customer", "agent", "admin"])
@searches(examples=250)
@given(data=st.data())
def test_every_address_answers_everybody(site: Site, role: str, data: st.DataObject) -> None:
    asked = data.draw(requests(site.client.app.routes, site.known))
    status, took = site.ask(asked, role)
    assert status < 500, f"{status} for {asked}"
    if took > MOST_S:  # a busy machine may be slow at times
        took = min(site.ask(asked, role)[1] for _ in range(5))
    assert took <= MOST_S, f"{took:.1f} s for {asked}"


def test_the_requests_made_up_reach_what_they_are_meant_for(site: Site) -> None:
    """That the property above is worth something: many different answers, from most of the addresses."""
    seen: Counter[int] = Counter()

    @searches(examples=300)
    @given(data=st.data())
    def ask(data: st.DataObject) -> None:
        seen[site.ask(data.draw(requests(site.client.app.routes, site.known)), "agent")[0]] += 1

    ask()
    assert {200, 303, 400, 403, 404, 405} <= set(seen), seen


@searches(examples=100)
@given(
    pieces=st.lists(
        st.one_of(
            st.binary(max_size=200),
            st.sampled_from(
                (
                    b"GET / HTTP/1.1\r\n",
                    b"Host: testserver\r\n",
                    b"\r\n",
                    b"Content-Length: 5\r\n",
                    b"Transfer-Encoding: chunked\r\n",
                    b"0\r\n\r\n",
                    b"POST /events HTTP/1.1\r\n",
                    b"Connection: Upgrade\r\n",
                    b"Expect: 100-continue\r\n",
                    b": \r\n",
                    b" folded\r\n",
                )
            ),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_bytes_arrive_the_server_answers_the_next_client(live: str, pieces: list[bytes]) -> None:
    with Wire(live) as wire:
        for piece in pieces:
            wire.send(piece)
        wire.plug.shutdown(1)
        assert not [status for status in wire.statuses() if status >= 500]
    with Wire(live) as wire:
        assert wire.get("/healthz", "Connection: close").statuses() == [200]


@pytest.fixture
def live(settings: Settings, serve) -> str:
    return serve(settings.model_copy(update={"header_timeout_s": 2.0, "body_timeout_s": 2.0})).url
