"""Files of a request: kept, named, served, refused."""

import os
import re
import socket
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.config import Settings
from kb.i18n.formats import size
from tests.cast import add_person, agent_writes, signed_in
from tests.generators import searches
from tests.services import LiveServer
from tests.tickets.conftest import ALICE, Send
from tests.tickets.requests.test_open_a_request import rows
from tickets import attachments
from tickets.attachments import StoredFile, clean_name, disposition
from tickets.models import Attachment, Ticket
from tickets.nonce import new_nonce

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20


def files_of(client: TestClient, link: str) -> list[str]:
    return re.findall(r'href="(/requests/[^"]+/attachments/[^"]+)"', client.get(link).text)


def test_files_are_listed_and_come_back_whole(client: TestClient, send: Send) -> None:
    link = send(("photo.png", PNG), ("log.txt", b"it broke\n")).headers["location"]
    first, second = files_of(client, link)
    assert client.get(first).content == PNG
    assert client.get(second).content == b"it broke\n"


@pytest.mark.parametrize(
    ("name", "content", "kind", "how"),
    [
        ("a.png", PNG, "image/png", "inline"),
        ("a.jpg", b"\xff\xd8\xff\xe0 x", "image/jpeg", "inline"),
        ("a.gif", b"GIF89a x", "image/gif", "inline"),
        ("a.webp", b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp", "inline"),
        ("a.png", b"<script>alert(1)</script>", "application/octet-stream", "attachment"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "application/octet-stream", "attachment"),
        ("a.html", b"<html>", "application/octet-stream", "attachment"),
        ("a.pdf", b"%PDF-1.7", "application/octet-stream", "attachment"),
    ],
)
def test_the_type_is_decided_by_us_and_nothing_runs(client: TestClient, send: Send, name: str, content: bytes, kind: str, how: str) -> None:
    [url] = files_of(client, send((name, content)).headers["location"])
    headers = client.get(url).headers
    assert headers["content-type"] == kind
    assert headers["content-disposition"].startswith(f"{how}; filename=")
    assert headers.get_list("content-security-policy") == ["sandbox; default-src 'none'"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\x", "x"),
        ("C:\\x", "x"),
        ("a\0b.png", "ab.png"),
        (".htaccess", "htaccess"),
        ("CON", "_CON"),
        ("con.txt", "_con.txt"),
        ("x.php\u200b.png", "x.php.png"),
        ("\u202egnp.exe", "gnp.exe"),
        ("", "file"),
        ("..", "file"),
        ('a"b.html', "a_b.html"),
        ("a %22b%22%0D%0A.html", "a _b_ .html"),
        ("100%25.txt", "100%25.txt"),
        ("a\r\nSet-Cookie: x", "a Set-Cookie_ x"),
        ("日本.txt", "日本.txt"),
        ("x" * 5000 + ".png", "x" * 139 + ".png"),
    ],
)
def test_shown_names_are_clean(name: str, shown: str) -> None:
    assert clean_name(name) == shown


@pytest.mark.parametrize("name", ["日本.txt", 'a"b.html', "x.php\u200b.png", "\u202egnp.exe", "a\r\nSet-Cookie: x.txt", "x" * 3000, "a;b,c'.txt", "100%.txt"])
def test_any_name_can_be_downloaded_again(client: TestClient, send: Send, name: str) -> None:
    [url] = files_of(client, send((name, b"content")).headers["location"])
    answer = client.get(url)
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert unquote(answer.headers["content-disposition"].partition("filename*=UTF-8''")[2]) == rows(client, Attachment)[0].name


def test_a_name_too_long_for_any_disk_is_refused_whole(client: TestClient, send: Send) -> None:
    assert send(("x" * 5000, b"content")).status_code == 400
    assert rows(client, Ticket) == []


def test_a_file_opens_with_its_own_request_only(client: TestClient, send: Send) -> None:
    link = send(("log.txt", b"secret")).headers["location"]
    [url] = files_of(client, link)
    other = client.post("/requests", data=ALICE | {"nonce": attachments_nonce(client)}).headers["location"].partition("?")[0]
    token = url.split("/")[-2]
    assert client.get(f"{other}/attachments/{token}/log.txt").status_code == 404
    assert client.get(f"{link.partition('?')[0]}/attachments/{'x' * 43}/log.txt").status_code == 404
    assert client.get(f"{link.partition('?')[0]}/attachments/a%00b/log.txt").status_code == 404
    for_staff = f"/desk/tickets/1/attachments/{token}/log.txt"
    assert client.get(for_staff).status_code == 303
    assert signed_in(client, "bob@example.com", role="customer").get(for_staff).status_code == 404
    staff = signed_in(client, "agent@example.com")
    assert staff.get(for_staff).content == b"secret"
    assert staff.get(for_staff.replace("/1/", "/2/")).status_code == 404


def attachments_nonce(client: TestClient) -> str:
    return new_nonce(client.app.state.secret_key, datetime.now(UTC) - timedelta(minutes=1))


def test_a_file_of_an_internal_note_is_for_staff_only(client: TestClient, send: Send, settings: Settings) -> None:
    link = send().headers["location"].partition("?")[0]
    agent = add_person(client, "agent@example.com")
    with client.app.state.database.write() as session:
        stored = StoredFile("n.txt", "application/octet-stream", 1, "0" * 64)
        agent_writes(session, 1, "see file", agent, is_public=False, files=(stored,))
    [file] = rows(client, Attachment)
    assert client.get(f"{link}/attachments/{file.token}/n.txt").status_code == 404


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ([("empty.txt", b"")], "is empty"),
        ([("big.bin", b"x" * 1_000_001)], "a file can have 1 MB"),
        ([(f"{number}.txt", b"x") for number in range(4)], "a message can have 3"),
    ],
)
def test_files_that_do_not_fit_are_refused_in_words_and_nothing_is_stored(
    client: TestClient, send: Send, settings: Settings, files: list[tuple[str, bytes]], says: str
) -> None:
    client.app.state.settings = settings.model_copy(update={"attachment_max_mb": 1, "attachments_max": 3})
    answer = send(*files)
    assert answer.status_code == 422
    assert says in answer.text
    assert rows(client, Ticket) == []


@pytest.mark.parametrize(
    ("sizes", "says"),
    [
        ([1_000_001], "has 1,000,001 bytes, and a file can have 1 MB."),
        ([1_049_999], "has 1,049,999 bytes, and a file can have 1 MB."),
        ([1_050_001], "has 1.1 MB, and a file can have 1 MB."),
        ([1_000_000, 1_000_000, 1], "together they have 2,000,001 bytes, and a message can have 2 MB."),
        ([700_000, 700_000, 700_000], "together they have 2.1 MB, and a message can have 2 MB."),
    ],
)
def test_no_size_in_a_refusal_seems_to_fit(client: TestClient, send: Send, settings: Settings, sizes: list[int], says: str) -> None:
    client.app.state.settings = settings.model_copy(update={"attachment_max_mb": 1, "attachments_total_mb": 2})
    assert "1 MB each and 2 MB in total." in client.get("/requests/new").text
    answer = send(*((f"{number}.bin", b"x" * count) for number, count in enumerate(sizes)))
    assert answer.status_code == 422
    assert says in answer.text


def test_a_file_may_be_no_larger_than_all_together(client: TestClient, send: Send, settings: Settings) -> None:
    client.app.state.settings = settings.model_copy(update={"attachment_max_mb": 50, "attachments_total_mb": 1})
    assert "1 MB each and 1 MB in total." in client.get("/requests/new").text
    assert "has 2 MB, and a file can have 1 MB." in send(("big.bin", b"x" * 2_000_000)).text


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1 KB"),
        (999_499, "999 KB"),
        (999_500, "1 MB"),
        (999_999, "1 MB"),
        (10_000_000, "10 MB"),
        (2_540_000, "2.5 MB"),
    ],
)
def test_sizes_are_in_the_unit_that_people_expect(count: int, words: str) -> None:
    assert size(count) == words


def test_a_file_of_exactly_the_limit_fits(client: TestClient, send: Send, settings: Settings) -> None:
    client.app.state.settings = settings.model_copy(update={"attachment_max_mb": 1})
    assert send(("full.bin", b"x" * 1_000_000), ("full.bin", b"x" * 1_000_000)).status_code == 303
    assert [file.size for file in rows(client, Attachment)] == [1_000_000, 1_000_000]


def test_chosen_files_survive_an_error_and_can_be_left_out(client: TestClient, send: Send) -> None:
    answer = send(("keep.txt", b"keep"), ("drop.txt", b"drop"), subject="")
    assert answer.status_code == 422
    tokens = re.findall(r'name="kept" value="([^"]+)" checked', answer.text)
    assert len(tokens) == 2
    link = send(kept=tokens[:1]).headers["location"]
    assert [client.get(url).content for url in files_of(client, link)] == [b"keep"]


def test_a_form_with_an_error_that_is_sent_twice_keeps_each_file_once(client: TestClient, send: Send) -> None:
    chosen = (("log.txt", b"the same"), ("other.txt", b"the same"), ("log.txt", b"another"))
    send(*chosen, subject="")
    tokens = re.findall(r'name="kept" value="([^"]+)" checked', send(*chosen, subject="").text)
    link = send(kept=tokens).headers["location"]
    assert [unquote(url.rpartition("/")[2]) for url in files_of(client, link)] == ["log.txt", "other.txt", "log.txt"]
    assert [client.get(url).content for url in files_of(client, link)] == [b"the same", b"the same", b"another"]


def test_files_of_one_form_cannot_be_taken_by_another(client: TestClient, send: Send) -> None:
    tokens = re.findall(r'name="kept" value="([^"]+)"', send(("mine.txt", b"mine"), subject="").text)
    link = client.post("/requests", data=ALICE | {"nonce": attachments_nonce(client), "kept": tokens[0]}).headers["location"]
    assert files_of(client, link) == []


# The parser leaves the unfinished file to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=b", "Multipart/Form-Data; Boundary=b", 'multipart/form-data;charset=nope;boundary="b"'])
def test_a_body_without_its_end_is_refused_whole(client: TestClient, nonce: str, kind: str) -> None:
    parts = "".join(f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in (ALICE | {"nonce": nonce}).items())
    body = parts + '--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nhalf of i'
    answer = client.post("/requests", content=body.encode(), headers={"content-type": kind})
    assert answer.status_code == 400
    assert rows(client, Ticket) == []


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=", "text/plain", "application/json"])
def test_a_form_of_another_type_makes_no_ticket(client: TestClient, kind: str) -> None:
    assert client.post("/requests", content=b"subject=x", headers={"content-type": kind}).status_code in (400, 403, 415)
    assert rows(client, Ticket) == []


def test_a_text_beyond_all_bounds_is_too_large_in_words(client: TestClient, send: Send) -> None:
    answer = send(description="x" * 1_100_000)
    assert answer.status_code == 413
    assert "longer than" in answer.text


def pieces() -> Iterator[bytes]:
    for _ in range(31):
        yield b"x" * 1_000_000


@pytest.mark.parametrize("is_announced", [True, False])
def test_more_than_any_form_may_hold_is_refused_with_a_page_that_says_what_to_do(client: TestClient, is_announced: bool) -> None:
    body: Any = b"x" * 31_000_000 if is_announced else pieces()
    answer = client.post("/requests", content=body, headers={"content-type": "multipart/form-data; boundary=b"})
    assert answer.status_code == 413
    assert "<h1>This is too large</h1>" in answer.text
    assert "your text is still in the form" in answer.text
    assert "content-security-policy" in answer.headers
    assert rows(client, Ticket) == []


def test_a_full_disk_is_said_with_the_name_of_the_file(client: TestClient, send: Send, settings: Settings) -> None:
    folder = settings.data / "attachments"
    folder.write_text("a file where the folder should be")
    answer = send(("log.txt", b"x"))
    assert answer.status_code == 507
    assert "“log.txt” could not be saved" in answer.text
    assert "What now?" in answer.text
    assert rows(client, Ticket) == []


def test_what_nobody_sent_is_swept_after_a_day_and_the_rest_stays(client: TestClient, send: Send, settings: Settings) -> None:
    send(("waiting.txt", b"waiting"), subject="")
    client.post("/requests", data=ALICE | {"nonce": attachments_nonce(client)}, files=[("files", ("sent.txt", b"sent"))])
    folder = settings.data / "attachments"
    moment = datetime.now(UTC) + timedelta(hours=25)
    with client.app.state.database.write() as session:
        assert attachments.sweep(session, folder, now=datetime.now(UTC)) == 0
        assert attachments.sweep(session, folder, now=moment) == 1
    assert [file.name for file in rows(client, Attachment)] == ["sent.txt"]
    assert [path.read_bytes() for path in folder.glob("*/*")] == [b"sent"]


def test_nothing_is_left_when_a_copy_breaks_off(tmp_path: Path) -> None:
    class Broken:
        def read(self, _size: int) -> bytes:
            raise OSError(28, os.strerror(28))

    with pytest.raises(OSError, match="No space"):
        attachments.store_file(tmp_path, "x", Broken())  # type: ignore[arg-type]
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.slow
def test_an_upload_that_breaks_off_leaves_nothing_and_no_complaint(live_server: LiveServer, nonce_of: str, caplog: pytest.LogCaptureFixture) -> None:
    fields = "".join(f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in (ALICE | {"nonce": nonce_of}).items())
    body = fields + '--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n' + "x" * 100_000 + "\r\n--b--\r\n"
    head = "POST /requests HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Mozilla/5.0\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    for tenth in range(10):
        with socket.create_connection(("127.0.0.1", live_server.settings.port)) as connection:
            whole = f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()
            connection.sendall(whole[: len(whole) * tenth // 10])
    with urllib.request.urlopen(f"{live_server.url}/requests/new") as page:
        assert page.status == 200
    with live_server.app.state.database.read() as session:
        assert session.execute(select(Ticket)).first() is None
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
    assert list((live_server.settings.data / "attachments").glob("*")) == []


@pytest.fixture
def nonce_of(live_server: LiveServer) -> str:
    return new_nonce(live_server.app.state.secret_key, datetime.now(UTC) - timedelta(minutes=1))


NAME_PIECES = ('"', "\\", "\r\n", ";", "=", "%22", "filename*=", "=?utf-8?q?x?=", "\u202e", "é", ".exe", "\x00", "/", "'")


@searches(examples=200)
@given(st.text(max_size=60) | st.lists(st.sampled_from(NAME_PIECES)).map("".join))
def test_a_file_of_any_name_is_saved_under_that_name_and_nothing_else(name: str) -> None:
    """RFC 6266: one kind, one plain name, one name in full."""
    cleaned = clean_name(name)
    header = disposition(Attachment(name=cleaned, content_type="application/octet-stream"))
    assert header.isascii()
    assert header.isprintable()
    found = re.fullmatch(r"attachment; filename=\"([A-Za-z0-9 ._()-]+)\"; filename\*=UTF-8''([A-Za-z0-9._~%-]+)", header)
    assert found is not None
    assert unquote(found[2]) == cleaned
    assert not re.search(r"[\\/\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", cleaned)
