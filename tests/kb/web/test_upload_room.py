"""Uploads under way at one time: stalled ones hold no room for long, no address holds all of it, and refused text comes back."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from html import unescape

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from kb.config import Settings
from kb.server_limits import ServerLimits
from kb.web.http.body_limit import BodyTime, NoRoom
from tests.faults.processes import wait_for
from tests.wire import Wire

pytestmark = pytest.mark.slow

FORM = "multipart/form-data; boundary=b"
Read = Callable[[Receive], Awaitable[None]]


def post(wire: Wire, path: str, length: int, kind: str = "application/octet-stream") -> Wire:
    return wire.send(f"POST {path} HTTP/1.1\r\nHost: {wire.host}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n")


def request_form(description: str) -> bytes:
    fields = {"nonce": "n1", "email": "ada@example.com", "subject": "It beeps", "description": description}
    parts = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
    return "".join(parts).encode() + b'--b\r\nContent-Disposition: form-data; name="files"; filename="film.bin"\r\n\r\n'


def test_eighteen_stalled_uploads_keep_nobody_from_sending_a_file(settings: Settings, serve) -> None:
    url = serve(settings.model_copy(update={"bodies_max_mb": 10, "body_pace_s": 0.2})).url
    film = request_form("Twice.") + b"x" * 5_000_000 + b"\r\n--b--\r\n"
    with ExitStack() as stack:
        for _ in range(18):
            post(stack.enter_context(Wire(url)), "/requests", 9_000_000, FORM).send(request_form("") + b"x" * 500_000)

        def is_taken() -> bool:
            with Wire(url) as wire:
                return post(wire, "/requests", len(film), FORM).send(film).answer().startswith(b"HTTP/1.1 403")  # its nonce is none of the site's

        wait_for(is_taken)


def test_a_body_that_came_quickly_at_first_cannot_stall_for_long(settings: Settings, serve) -> None:
    url = serve(settings.model_copy(update={"body_timeout_s": 0.5})).url
    with Wire(url) as wire:
        post(wire, "/requests", 9_000_000, FORM).send(request_form("") + b"x" * 3_000_000)
        assert wire.statuses() == [408]


def test_a_body_that_trickles_on_after_a_quick_start_is_given_up(settings: Settings, serve) -> None:
    url = serve(settings.model_copy(update={"body_timeout_s": 0.5})).url
    with Wire(url) as wire:
        post(wire, "/requests", 9_000_000, FORM).send(request_form("") + b"x" * 3_000_000)
        wire.is_refused(b"x", times=100, pause_s=0.05)
        assert wire.statuses() in ([408], [])  # a client that goes on sending may miss the answer


def test_an_upload_without_room_is_refused_before_any_of_it_is_sent(settings: Settings, serve) -> None:
    url = serve(settings.model_copy(update={"bodies_max_mb": 1, "body_refusal_wait_s": 0.1})).url
    with Wire(url) as wire:
        post(wire, "/requests", 2_000_000, FORM)
        assert wire.statuses() == [503]
        assert b"retry-after" in wire.got.lower()


@pytest.mark.parametrize("sent_of_the_file", [0, 40_000, 1_900_000])
def test_the_text_of_a_form_whose_files_find_no_room_comes_back(settings: Settings, serve, sent_of_the_file: int) -> None:
    url = serve(settings.model_copy(update={"bodies_max_mb": 1})).url
    text = request_form('Zweimal <b>gepiept</b> & "dann" still.')
    with Wire(url) as wire:
        post(wire, "/requests", len(text) + 2_000_000, FORM).send(text + b"x" * sent_of_the_file)
        assert wire.statuses() == [503]
        page = wire.got.decode()
    assert 'Zweimal <b>gepiept</b> & "dann" still.' in unescape(page)
    assert "<b>gepiept" not in page
    assert re.search(r'<input[^>]*name="subject"[^>]*value="It beeps"', page)
    assert 'name="nonce" value="n1"' in page
    assert "Many large uploads are running." in page
    assert "Choose your files again" in page


def test_a_form_that_may_change_in_meaning_without_its_last_fields_is_not_offered_again(settings: Settings, serve) -> None:
    """The button of an agent's reply comes after the files: it says what becomes of the ticket."""
    url = serve(settings.model_copy(update={"bodies_max_mb": 1})).url
    text = request_form("A reply.")
    with Wire(url) as wire:
        post(wire, "/desk/tickets/1/comments", len(text) + 2_000_000, FORM).send(text)
        assert wire.statuses() == [503]
        assert b"A reply." not in wire.got
        assert b"Go back (your text is still in the form)" in wire.got


# One address and others, without a network between


class Site:
    """Bodies read within these limits, piece by piece as the test sends them."""

    def __init__(self, **limits: float) -> None:
        self.app = BodyTime(self._read, ServerLimits.model_validate(limits), trusted_proxies=("10.0.0.0/8",))

    async def _read(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            while (await receive()).get("more_body"):
                pass
        except NoRoom as refused:
            await send({"type": "refused", "status": refused.status_code})
            return
        await PlainTextResponse("read")(scope, receive, send)

    def upload(self, address: str, size: int) -> "Sent":
        return Sent(self.app, address, size)


class Sent:
    """One upload; `arrives` gives the server a part of it."""

    def __init__(self, app: BodyTime, address: str, size: int) -> None:
        self._parts: asyncio.Queue[Message] = asyncio.Queue()
        self.status = 0
        headers = [(b"content-length", str(size).encode())] if size else []
        self._task = asyncio.create_task(app({"type": "http", "headers": headers, "client": (address, 1)}, self._parts.get, self._note))

    async def _note(self, message: Message) -> None:
        self.status = message.get("status", self.status)

    async def arrives(self, size: int, *, is_last: bool = False) -> "Sent":
        """Give the server a part, and let it read it."""
        self._parts.put_nowait({"type": "http.request", "body": b"x" * size, "more_body": not is_last})
        for _ in range(20):
            await asyncio.sleep(0)
        return self

    async def answer(self) -> int:
        """Return the status, once there is one."""
        await asyncio.wait_for(self._task, 20)
        return self.status


PATIENT = {"body_pace_s": 600, "transfer_busy_bytes_per_s": 1}
"""Nothing that has begun to arrive is slow, however slow the machine is."""


def test_one_address_cannot_take_the_room_of_all() -> None:
    async def tale() -> None:
        site = Site(bodies_max_mb=10, bodies_per_address_mb=2, **PATIENT)
        await site.upload("192.0.2.1", 1_500_000).arrives(100_000)
        assert await (await site.upload("192.0.2.1", 1_500_000).arrives(100_000)).answer() == 429
        assert await (await site.upload("::ffff:192.0.2.1", 0).arrives(2_000_000)).answer() == 429
        other = await site.upload("192.0.2.2", 1_500_000).arrives(100_000)
        await other.arrives(1_400_000, is_last=True)
        assert await other.answer() == 200

    asyncio.run(tale())


def test_one_ipv6_network_is_one_address() -> None:
    async def tale() -> None:
        site = Site(bodies_max_mb=10, bodies_per_address_mb=2, **PATIENT)
        await site.upload("2001:db8::1", 1_500_000).arrives(100_000)
        assert await (await site.upload("2001:db8::2", 1_500_000).arrives(100_000)).answer() == 429

    asyncio.run(tale())


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.1.2.3"])
def test_a_proxy_that_all_come_from_has_no_share_of_its_own(address: str) -> None:
    async def tale() -> None:
        site = Site(bodies_max_mb=10, bodies_per_address_mb=1, **PATIENT)
        await site.upload(address, 1_500_000).arrives(100_000)
        second = await site.upload(address, 1_500_000).arrives(1_500_000, is_last=True)
        assert await second.answer() == 200

    asyncio.run(tale())


def test_uploads_that_keep_coming_are_not_cut_off_for_others() -> None:
    async def tale() -> None:
        site = Site(bodies_max_mb=2, **PATIENT)
        first = await site.upload("192.0.2.1", 1_500_000).arrives(100_000)
        assert await site.upload("192.0.2.2", 1_500_000).answer() == 503
        await first.arrives(1_400_000, is_last=True)
        assert await first.answer() == 200

    asyncio.run(tale())


def test_what_gave_way_is_told_so_and_its_room_is_free_once() -> None:
    async def tale() -> None:
        site = Site(bodies_max_mb=2, body_pace_s=0.001)
        for number in range(5):
            slow = await site.upload("192.0.2.1", 1_500_000).arrives(100_000)
            await asyncio.sleep(0.01)
            second = await site.upload(f"192.0.2.{number + 2}", 1_500_000).arrives(100_000)
            assert await slow.answer() == 503
            await second.arrives(1_400_000, is_last=True)
            assert await second.answer() == 200

    asyncio.run(tale())


def test_whoever_announces_much_and_sends_nothing_holds_nothing() -> None:
    async def tale() -> None:
        site = Site(bodies_max_mb=2, **PATIENT)
        for number in range(50):
            await site.upload(f"192.0.2.{number}", 1_900_000).arrives(10_000)
        last = await site.upload("198.51.100.1", 1_900_000).arrives(1_900_000)
        await last.arrives(0, is_last=True)
        assert await last.answer() == 200

    asyncio.run(tale())


def test_lengths_that_lie_are_held_for_what_arrives() -> None:
    async def tale() -> None:
        site = Site(bodies_max_mb=2, **PATIENT)
        for announced in (0, 10):
            body = site.upload("192.0.2.1", announced)
            for _ in range(25):
                await body.arrives(100_000)
            assert await body.answer() == 503

    asyncio.run(tale())
