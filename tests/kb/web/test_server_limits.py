"""What one client may take of the server: each limit ends with an answer that says so, and the connection closed."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from kb.config import Settings
from kb.site.cli.server import configuration
from kb.web.http.body_limit import BodyTime
from kb.web.http.connections import Connections
from tests.faults.processes import wait_for
from tests.limits import with_longer_limit
from tests.wire import Wire

pytestmark = pytest.mark.slow

LARGE = b"x" * 30_000_000
GRACE_S = 60
RELEASED = threading.Event()
Start = Callable[..., str]


async def headers(request: Request) -> Response:
    await request.body()
    return JSONResponse(sorted(request.headers))


async def large(_request: Request) -> Response:
    return Response(LARGE)


async def wait(request: Request) -> Response:
    await asyncio.sleep(float(request.query_params["s"]))
    return PlainTextResponse("waited")


async def hold(_request: Request) -> Response:
    while not RELEASED.is_set():
        await asyncio.sleep(0.01)
    return PlainTextResponse("held")


async def ignore(_request: Request) -> Response:
    return PlainTextResponse("not read")


ROUTES = [
    Route("/", ignore, methods=["GET", "POST"]),
    Route("/headers", headers, methods=["GET", "POST"]),
    Route("/large", large),
    Route("/wait", wait),
    Route("/hold", hold),
]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Serves a small app within these limits: `start(header_timeout_s=1)` is its address."""
    with ExitStack() as stack:
        yield lambda **limits: stack.enter_context(serving(Settings(data=tmp_path, content=tmp_path, **limits)))


@contextmanager
def serving(settings: Settings, grace_s: int = 2) -> Iterator[str]:
    app = Starlette(routes=ROUTES)
    server = uvicorn.Server(configuration(BodyTime(app, settings), settings, grace_s=grace_s))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(120)
            assert not thread.is_alive()


def post(wire: Wire, *lines: str, path: str = "/headers") -> Wire:
    return wire.send("\r\n".join([f"POST {path} HTTP/1.1", f"Host: {wire.host}", *lines, "", ""]))


# Headers


@pytest.mark.parametrize("begun", ["G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: x\r\nCookie: ", "\r\n"])
@with_longer_limit
def test_headers_that_never_end_are_answered_408(start: Start, begun: str, limit_s: float) -> None:
    with Wire(start(header_timeout_s=limit_s)) as wire:
        assert wire.send(begun).statuses() == [408]
        assert b"too long to arrive" in wire.got


def test_headers_that_trickle_in_are_given_up_at_the_same_time(start: Start) -> None:
    with Wire(start(header_timeout_s=0.6)) as wire:
        wire.send("GET / HTTP/1.1\r\n")
        wire.plug.settimeout(0.1)
        while not wire.got:
            wire.send("a: b\r\n")
            try:
                wire.got += wire.plug.recv(1000)
            except TimeoutError:
                continue
        assert b" 408 " in wire.got, "the hundred headers that are allowed take ten seconds"


def test_a_connection_that_says_nothing_is_closed_without_a_word(start: Start) -> None:
    with Wire(start(header_timeout_s=0.4)) as wire:
        assert wire.all() == b""


def test_an_answered_connection_is_closed_when_it_has_been_idle(start: Start) -> None:
    with Wire(start(keep_alive_s=1)) as wire:
        assert wire.get("/").statuses() == [200]


@with_longer_limit
def test_the_second_request_of_a_connection_has_the_same_time(start: Start, limit_s: float) -> None:
    with Wire(start(header_timeout_s=limit_s)) as wire:
        wire.get("/").answer(b"not read")
        assert wire.send("GET / HTTP/1.1\r\n").statuses() == [200, 408]


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["a: b"] * 98, 200),
        (["a: b"] * 99, 431),
        (["a: b"] * 50_000, 431),
        (["a: " + "b" * 40_000], 200),
        (["a: " + "b" * 60_000], 431),
        (["a" * 60_000 + ": b"], 431),
        (["a: " + "b" * 6_000] * 10, 431),
    ],
)
def test_headers_are_bounded_in_number_and_size(start: Start, lines: list[str], status: int) -> None:
    with Wire(start(headers_max=100, header_max_kb=48)) as wire:
        wire.get("/", "Connection: close", *lines)
        assert wire.statuses() == [status]


@pytest.mark.parametrize("piece", [b"a: b\r\n" * 1000, b"b" * 60_000, b"\r\n" * 5000])
@pytest.mark.parametrize("begun", ["GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\na: ", ""])
def test_headers_without_end_are_refused_long_before_they_fill_the_memory(start: Start, begun: str, piece: bytes) -> None:
    with Wire(start()) as wire:
        assert wire.send(begun).is_refused(piece, times=30_000_000 // len(piece))


@pytest.mark.parametrize(("length", "status"), [(10_000, 200), (30_000, 414), (1_000_000, 414)])
def test_the_request_line_is_bounded(start: Start, length: int, status: int) -> None:
    with Wire(start()) as wire:
        assert wire.get("/?" + "a" * length, "Connection: close").statuses() == [status]


def test_trailers_do_not_become_headers_of_the_request(start: Start) -> None:
    with Wire(start()) as wire:
        post(wire, "Transfer-Encoding: chunked", "Connection: close", "A: b")
        wire.send("2\r\nab\r\n0\r\nCookie: session=stolen\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n")
        assert wire.all().endswith(b'["a","connection","host","transfer-encoding"]')


# Bodies


@pytest.mark.parametrize("piece", [b"1\r\nx\r\n", b"1;" + b"y" * 5000 + b"\r\nx\r\n"])
def test_a_body_in_tiny_chunks_is_refused_when_the_chunking_outweighs_it(start: Start, piece: bytes) -> None:
    with Wire(start(body_overhead_max_kb=100)) as wire:
        post(wire, "Transfer-Encoding: chunked")
        for _ in range(2_000_000 // len(piece)):
            wire.send(piece)
        assert wire.statuses() in ([413], [])  # a client that does not read while it sends may miss the answer


def test_trailers_without_end_are_refused(start: Start) -> None:
    with Wire(start(body_overhead_max_kb=100)) as wire:
        post(wire, "Transfer-Encoding: chunked").send("0\r\n")
        for _ in range(600):
            wire.send("a: " + "b" * 1000 + "\r\n")
        assert wire.statuses() == [413]


@with_longer_limit
def test_an_answer_given_before_the_body_arrived_ends_the_connection_and_reaches_the_client(start: Start, limit_s: float) -> None:
    with Wire(start(close_timeout_s=limit_s)) as wire:
        post(wire, "Content-Length: 1000000000", path="/")
        for _ in range(40):
            wire.send(b"x" * 100_000)
        assert b"connection: close" in wire.all().lower()
        assert wire.got.endswith(b"not read")


def test_a_body_that_is_never_read_cannot_be_sent_for_ever(start: Start) -> None:
    with Wire(start(close_timeout_s=0.5)) as wire:
        post(wire, "Content-Length: 1000000000", path="/")
        assert wire.is_refused(b"x", times=6000, pause_s=0.01)


def test_bodies_under_way_are_bounded_together_and_small_ones_still_find_room(start: Start) -> None:
    url = start(bodies_max_mb=1, body_pace_s=600, transfer_busy_bytes_per_s=1)
    with Wire(url) as first, Wire(url) as second, Wire(url) as third:
        post(first, "Content-Length: 1000000").send(b"x" * 900_000)
        for _ in range(5):  # the server reads what arrived before it answers what arrived later
            with Wire(url) as other:
                assert other.get("/", "Connection: close").statuses() == [200]
        post(second, "Content-Length: 1000000").send(b"x" * 900_000)
        assert second.statuses() == [503]
        post(third, "Content-Length: 5", "Connection: close").send("hello")
        assert third.statuses() == [200]


def test_lengths_that_contradict_each_other_are_refused(start: Start) -> None:
    with Wire(start()) as wire:
        post(wire, "Content-Length: 5", "Transfer-Encoding: chunked")
        assert wire.send("0\r\n\r\n").statuses() == [400]


# Connections


def test_requests_sent_ahead_are_answered_in_order_up_to_a_limit(start: Start) -> None:
    with Wire(start(pipelined_max=5)) as wire:
        wire.send(f"GET / HTTP/1.1\r\nHost: {wire.host}\r\n\r\n" * 100)
        assert wire.statuses() == [200] * 6 + [429]


def test_a_bad_request_sent_ahead_does_not_cut_into_the_answer_before_it(start: Start) -> None:
    with Wire(start()) as wire:
        wire.get("/wait?s=0.3").send("NONSENSE\r\n\r\n")
        assert wire.statuses() == [200, 400]
        assert b"waited" in wire.got


def test_a_connection_is_closed_after_its_last_request(start: Start) -> None:
    with Wire(start(requests_per_connection=3)) as wire:
        for number in range(3):
            wire.got = b""
            assert (b"connection: close" in wire.get("/").answer(b"not read").lower()) is (number == 2)
        assert wire.all()


def test_idle_connections_make_room_for_new_ones(start: Start) -> None:
    url = start(connections_max=10)
    with ExitStack() as stack:
        idle = [stack.enter_context(Wire(url)) for _ in range(15)]
        half = [stack.enter_context(Wire(url)).send("GET / HTTP/1.1\r\n") for _ in range(15)]
        with Wire(url) as wire:
            assert wire.get("/", "Connection: close").statuses() == [200]
        assert [wire.all() for wire in idle] == [b""] * 15
        assert half[0].statuses() == [408]


def test_when_all_connections_are_busy_new_ones_are_answered_503(start: Start) -> None:
    url = start(connections_max=10)
    RELEASED.clear()
    with ExitStack() as stack:
        stack.callback(RELEASED.set)
        busy = [stack.enter_context(Wire(url)).get("/hold", "Connection: close") for _ in range(10)]
        statuses: list[int] = []
        while 503 not in statuses:
            with Wire(url) as wire:
                statuses += wire.get("/", "Connection: close").statuses()
        assert b"retry-after" in wire.got.lower()
        RELEASED.set()
        assert [wire.statuses() for wire in busy] == [[200]] * 10
        with Wire(url) as wire:
            assert wire.get("/", "Connection: close").statuses() == [200]


class Open:
    """A connection from some address, as the counts see it."""

    def __init__(self, address: str) -> None:
        self.address, self.is_open = address, True

    def look(self, now: float) -> None:
        """Nothing is slow here."""

    def give_way(self) -> None:
        self.is_open = False


def admitted(connections: Connections, addresses: list[str], *, are_busy: bool) -> list[int]:
    loop = asyncio.new_event_loop()
    statuses = []
    for address in addresses:
        one = Open(address)
        statuses.append(connections.admit(one, loop))
        if are_busy:
            connections.starts(one)
    loop.close()
    return statuses


@pytest.mark.parametrize("written", ["203.0.113.5", "2001:db8::{n}", "::ffff:203.0.113.5"])
def test_an_address_holds_only_so_many_connections(settings: Settings, written: str) -> None:
    connections = Connections(settings.model_copy(update={"connections_per_address": 3}))
    assert admitted(connections, [written.format(n=n) for n in range(5)], are_busy=True) == [0, 0, 0, 429, 429]
    assert admitted(connections, ["203.0.113.99"], are_busy=True) == [0]


@pytest.mark.parametrize("written", ["127.0.0.1", "::1", "10.1.2.3", "::ffff:10.1.2.3"])
def test_this_machine_and_trusted_proxies_are_not_counted(settings: Settings, written: str) -> None:
    connections = Connections(settings.model_copy(update={"connections_per_address": 3, "trusted_proxies": ("10.0.0.0/8",)}))
    assert admitted(connections, [written] * 9, are_busy=True) == [0] * 9


def test_an_address_at_its_limit_loses_its_idle_connections_first(settings: Settings) -> None:
    connections = Connections(settings.model_copy(update={"connections_per_address": 3}))
    assert admitted(connections, ["203.0.113.5"] * 9, are_busy=False) == [0] * 9


def test_open_connections_do_not_hold_up_a_stop(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, content=tmp_path)
    with ExitStack() as stack:
        with serving(settings, grace_s=GRACE_S) as url:
            for begun in ("", "GET / HTTP/1.1\r\n"):
                stack.enter_context(Wire(url)).send(begun)
            stack.enter_context(Wire(url)).get("/").answer(b"not read")
            post(stack.enter_context(Wire(url)), "Content-Length: 1000", path="/").answer(b"not read")
            began = time.monotonic()
        assert time.monotonic() - began < GRACE_S, "none of them was worth waiting for"


# Readers


def test_a_reader_that_stops_is_cut_off(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    with Wire(start(send_timeout_s=0.5), receive_buffer=4096) as wire:
        wire.get("/large").answer(b"xx")
        wait_for(lambda: "slow readers (1)" in caplog.text)
        assert len(wire.all()) < len(LARGE)


@with_longer_limit
def test_a_reader_that_is_slow_but_steady_gets_everything(start: Start, limit_s: float) -> None:
    with Wire(start(send_timeout_s=limit_s, transfer_min_bytes_per_s=1000)) as wire:
        wire.get("/large", "Connection: close")
        received = 0
        while data := wire.plug.recv(1_000_000):
            received += len(data)
            time.sleep(0.05)
        assert received > len(LARGE)


# What is not spoken


@pytest.mark.parametrize("path", ["/", "/large", "/nowhere"])
def test_a_websocket_is_refused(start: Start, path: str) -> None:
    with Wire(start()) as wire:
        wire.get(path, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
        assert wire.statuses() == [400]
        assert b"no WebSockets" in wire.got


def test_another_protocol_on_offer_is_passed_over(start: Start) -> None:
    with Wire(start()) as wire:
        wire.get("/", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA").answer(b"not read")
        wire.get("/", "Connection: close")
        assert wire.statuses() == [200, 200]


def test_a_body_that_an_offer_of_another_protocol_would_swallow_is_refused(start: Start) -> None:
    with Wire(start()) as wire:
        post(wire, "Connection: Upgrade", "Upgrade: h2c", "Content-Length: 5").send("hello")
        assert wire.statuses() == [400]


@pytest.mark.parametrize("lines", [["Host: a", "Host: b"], ["Host: a", "Host: a"], []])
def test_a_request_must_name_its_host_once(start: Start, lines: list[str]) -> None:
    with Wire(start()) as wire:
        wire.send("\r\n".join(["GET / HTTP/1.1", *lines, "", ""]))
        assert wire.statuses() == [400]


@pytest.mark.parametrize(("target", "status"), [("http://{host}/", 200), ("http://evil.example/", 400), ("http://user@{host}/", 400), ("evil.example:80", 400)])
def test_a_whole_address_in_the_request_line_must_name_the_same_host(start: Start, target: str, status: int) -> None:
    with Wire(start()) as wire:
        wire.send(f"GET {target.format(host=wire.host)} HTTP/1.1\r\nHost: {wire.host}\r\nConnection: close\r\n\r\n")
        assert wire.statuses() == [status]


@pytest.mark.parametrize("nonsense", [b"\0\0\0", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET  / HTTP/9.9\r\n\r\n"])
def test_what_is_not_http_is_answered_400(start: Start, nonsense: bytes) -> None:
    with Wire(start()) as wire:
        assert wire.send(nonsense).statuses() == [400]
