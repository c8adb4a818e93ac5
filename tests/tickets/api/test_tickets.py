"""The ticket API: keys, bodies, repetition."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from kb.accounts.authentication.api_keys import make_key
from kb.text.cleanup import one_line
from tests.cast import add_person
from tests.tickets.requests.test_open_a_request import rows
from tickets.models import Ticket

pytestmark = pytest.mark.at_noon

TICKET = {"ticket": {"subject": "Help", "comment": {"body": "It broke."}, "requester": {"name": "Alice", "email": "Alice@Example.com"}}}
Key = Callable[..., str]
Post = Callable[..., Response]


@pytest.fixture
def key(client: TestClient) -> Key:
    """Makes a key of an agent and gives its text."""
    agent = add_person(client, "agent@example.com")

    def key(scope: str = "write", *, is_revoked: bool = False) -> str:
        with client.app.state.database.write() as session:
            made, secret = make_key(session, "test", scope, agent, datetime.now(UTC))
            made.revoked_at = datetime.now(UTC) if is_revoked else None
        return secret

    return key


@pytest.fixture
def post(client: TestClient, key: Key) -> Post:
    """Posts JSON (or raw bytes) with a key that may write."""
    secret = key()

    def post(body: Any = TICKET, **headers: str) -> Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"authorization": f"Bearer {secret}", "content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
        return client.post("/api/tickets", content=content, headers=sent)

    return post


def test_a_posted_ticket_is_answered_in_the_shape_of_the_field_and_can_be_read(client: TestClient, post: Post, key: Key) -> None:
    more = {"priority": "high", "type": "incident", "tags": ["Printer", "a b"], "external_id": "x-1"}
    answer = post({"ticket": TICKET["ticket"] | more})
    assert answer.status_code == 201, answer.text
    ticket = answer.json()["ticket"]
    assert (ticket["priority"], ticket["type"], ticket["tags"], ticket["status"]) == ("high", "incident", ["a_b", "printer"], "new")
    assert (ticket["via"], ticket["description"], ticket["external_id"]) == ({"channel": "api"}, "It broke.", "x-1")
    assert ticket["requester_id"] != ticket["submitter_id"]
    read = client.get(answer.headers["location"] + "?include=comments", headers={"authorization": f"Bearer {key('read')}"}).json()
    assert read["ticket"] == ticket
    assert [comment["body"] for comment in read["comments"]] == ["It broke."]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"", 400),
        (b'{"ticket": "\xff"}', 400),
        (b"[" * 100_000, 400),
        (b'{"ticket":' + b"[" * 30 + b"]" * 30 + b"}", 400),
        (b'{"ticket": ' + b"9" * 5000 + b"}", 400),
        (b'{"ticket": NaN}', 422),
        (b'{"ticket": Infinity}', 422),
        (b'{"ticket": 1, "ticket": 2}', 422),
        (b"[]", 422),
        (b"null", 422),
        (b'{"ticket": null}', 422),
        (b"{}", 422),
        (b'{"x": "' + b"x" * 1_000_001 + b'"}', 413),
    ],
)
def test_a_body_that_cannot_be_meant_is_refused(client: TestClient, post: Post, body: bytes, status: int) -> None:
    assert post(body).status_code == status
    assert rows(client, Ticket) == []


def test_a_body_that_is_too_large_is_refused_in_json(post: Post) -> None:
    assert post(b" " * 1_000_001).json()["error"]["title"] == "This is too large"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("subject", ""),
        ("subject", "\u200b"),
        ("subject", "x" * 201),
        ("subject", 5),
        ("comment", {"body": " "}),
        ("comment", {"body": "x" * 64_001}),
        ("comment", None),
        ("requester", {"email": "a@b\nBcc:x"}),
        ("requester", {}),
        ("priority", "huge"),
        ("type", "wish"),
        ("tags", "printer"),
        ("category", "no-such-shelf"),
    ],
)
def test_a_field_that_is_wrong_is_named(client: TestClient, post: Post, field: str, value: Any) -> None:
    answer = post({"ticket": TICKET["ticket"] | {field: value}})
    assert answer.status_code == 422
    assert any(name.startswith(f"ticket.{field}") for name in answer.json()["error"]["fields"])
    assert rows(client, Ticket) == []


def test_a_text_that_is_too_long_is_counted_in_characters(post: Post) -> None:
    answer = post({"ticket": TICKET["ticket"] | {"subject": "x" * 201}})
    assert answer.json()["error"]["fields"] == {"ticket.subject": "must have at most 200 characters, not 201"}


def test_nul_is_left_out(post: Post) -> None:
    assert post(json.dumps(TICKET).replace("Help", "a\\u0000b").encode()).json()["ticket"]["subject"] == "ab"


@pytest.mark.parametrize("place", ["Help", "It broke.", "Alice", "subject", "ticket"])
@pytest.mark.parametrize("half", ["\\ud800", "\\udc00x", "x\\ud83d", "\\udc00\\ud800"])
def test_half_a_character_is_refused_and_a_whole_one_is_kept(client: TestClient, post: Post, place: str, half: str) -> None:
    answer = post(json.dumps(TICKET).replace(place, half, 1).encode())
    assert (answer.status_code, "half a character" in answer.json()["error"]["detail"]) == (422, True)
    assert rows(client, Ticket) == []
    assert post(json.dumps(TICKET).replace("Help", "\\ud83d\\ude00").encode()).json()["ticket"]["subject"] == "😀"


@pytest.mark.parametrize("value", ["true", "false", 1, 0, 1.0, "yes", "", [], {}, [True], False])
def test_a_public_comment_is_public_by_a_boolean_only(post: Post, value: Any) -> None:
    answer = post({"ticket": TICKET["ticket"] | {"comment": {"body": "x", "public": value}}})
    assert answer.status_code == 422
    assert answer.json()["error"]["fields"]["ticket.comment.public"].startswith("must be true")


@pytest.mark.parametrize("body", [b'{"x": "' + b"x" * 1_000_001 + b'"}', b"x" * 31_000_000])
def test_a_body_that_is_too_large_is_refused_in_the_words_of_programs(post: Post, body: bytes) -> None:
    answer = post(body)
    assert answer.status_code == 413
    error = answer.json()["error"]
    assert "1,000,000 bytes" in error["detail"] or "30,000,000 bytes" in error["detail"]
    assert "Go back" not in answer.text


@pytest.mark.parametrize("headers", [{"host": "elsewhere.example"}, {"origin": "https://elsewhere.example"}])
def test_the_api_refuses_in_json_before_it_is_reached(post: Post, headers: dict[str, str]) -> None:
    answer = post(**headers)
    assert answer.json()["error"]["status"] == answer.status_code >= 400


@pytest.mark.parametrize("path", ["/", "/search", "/search/instant", "/api/search", "/api/tickets/1", "/requests/new", "/nowhere", "/static/x/site.css"])
@pytest.mark.parametrize("query", ["q={}", "a=1&b={}", "{}", "{}=1", "q=Bearer%20{}", "x=%64k_{rest}", "x=%2564k_{rest}"])
def test_a_key_in_any_address_is_refused_and_said_to_be_known(client: TestClient, key: Key, path: str, query: str) -> None:
    secret = key()
    answer = client.get(f"{path}?{query.format(secret, rest=secret[3:])}")
    assert answer.status_code == 400
    assert "Authorization: Bearer" in answer.text
    assert secret not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/{}",
        "/api/tickets/{}",
        "/api/{}/tickets",
        "/articles/{}",
        "/requests/{}",
        "/static/x/{}",
        "/desk/tickets/1;{}",
        "/a%2F{}",
        "/%64k_{rest}",
        "/%2564k_{rest}",
    ],
)
def test_a_key_in_the_path_of_an_address_is_refused_and_reaches_no_log(client: TestClient, key: Key, caplog: pytest.LogCaptureFixture, path: str) -> None:
    secret = key()
    answer = client.get(path.format(secret, rest=secret[3:]))
    assert (answer.status_code, "Authorization: Bearer" in answer.text) == (400, True)
    assert secret[3:] not in answer.text + caplog.text
    assert client.post(path.format(secret, rest=secret[3:]), json={}).status_code == 400


def test_words_that_look_a_little_like_a_key_are_searched(client: TestClient) -> None:
    assert client.get("/search?q=dk_not-a-key").status_code == 200
    assert client.get("/search?q=sdk_%25").status_code == 200
    assert client.get("/articles/dk_not-a-key").status_code == 404


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=nope"])
def test_another_content_type_is_refused(post: Post, kind: str) -> None:
    assert post(content_type=kind).status_code == 415


def test_without_a_live_key_every_answer_is_the_same_401(client: TestClient, key: Key) -> None:
    revoked = key(is_revoked=True)
    sent: list[dict[str, str]] = [{}, {"authorization": "Bearer nonsense"}, {"authorization": f"Bearer {revoked}"}, {"authorization": f"Basic {key()}"}]
    answers = [client.post("/api/tickets", json=TICKET, headers=headers) for headers in sent]
    answers += [client.get("/api/tickets/1", headers=headers) for headers in sent]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].headers["www-authenticate"] == "Bearer"


def test_a_key_that_may_only_read_cannot_post(client: TestClient, key: Key) -> None:
    assert client.post("/api/tickets", json=TICKET, headers={"authorization": f"Bearer {key('read')}"}).status_code == 403
    assert rows(client, Ticket) == []


def test_a_key_in_the_address_is_refused(client: TestClient, key: Key) -> None:
    assert client.post(f"/api/tickets?api_key={key()}", json=TICKET).status_code == 400
    assert client.get(f"/api/tickets/1?token={key()}").status_code == 400


def test_a_repeated_key_gets_the_same_answer_and_makes_one_ticket(client: TestClient, post: Post) -> None:
    first, second = post(idempotency_key="order-7"), post(idempotency_key="order-7")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert len(rows(client, Ticket)) == 1


def test_a_key_repeated_with_another_body_is_refused(client: TestClient, post: Post) -> None:
    post(idempotency_key="order-7")
    assert post({"ticket": TICKET["ticket"] | {"subject": "Other"}}, idempotency_key="order-7").status_code == 422
    assert len(rows(client, Ticket)) == 1


def test_keys_of_two_clients_do_not_meet(client: TestClient, post: Post, key: Key) -> None:
    post(idempotency_key="1")
    other = client.post("/api/tickets", json=TICKET, headers={"authorization": f"Bearer {key()}", "idempotency-key": "1"})
    assert other.status_code == 201
    assert len(rows(client, Ticket)) == 2


def test_twins_at_once_make_one_ticket(client: TestClient, post: Post) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(idempotency_key="twin"), range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(rows(client, Ticket)) == 1


@pytest.mark.parametrize("text", ["", "x" * 256])
def test_an_impossible_idempotency_key_is_refused(post: Post, text: str) -> None:
    assert post(idempotency_key=text).status_code == 400


@pytest.mark.parametrize("number", ["2", "0", "01", "1%20", "-1", "x", "9" * 30, "\u0661"])
def test_an_unknown_ticket_is_not_found(client: TestClient, post: Post, key: Key, number: str) -> None:
    post()
    assert client.get(f"/api/tickets/{number}", headers={"authorization": f"Bearer {key()}"}).status_code == 404


def test_other_methods_are_refused(client: TestClient) -> None:
    assert client.get("/api/tickets").status_code == 405
    assert client.delete("/api/tickets/1").status_code == 405


@pytest.mark.parametrize(
    "more",
    [
        {"status": "open"},
        {"status": "new"},
        {"assignee_id": 1},
        {"assignee_email": "ada@example.com"},
        {"custom_fields": [{"id": 1, "value": "x"}]},
        {"fields": {"1": "x"}},
        {"group_id": 0},
        {"due_at": "2026-12-01T00:00:00Z"},
        {"collaborators": ["bob@example.com"]},
        {"email_ccs": [{"user_email": "bob@example.com"}]},
        {"description": "Another text"},
        {"requester_id": 5},
        {"submitter_id": 5},
        {"created_at": "2020-01-01T00:00:00Z"},
        {"is_public": False},
        {"Subject": "Help"},
        {"prioritty": "high"},
        {"nonsense": None},
        {"a\u202eb": 1},
    ],
)
def test_what_is_not_supported_is_refused_by_name(client: TestClient, post: Post, more: dict[str, Any]) -> None:
    answer = post({"ticket": TICKET["ticket"] | more})
    assert answer.status_code == 422
    [(name, message)] = answer.json()["error"]["fields"].items()
    assert name == f"ticket.{one_line(next(iter(more)))}"
    assert "leave it out" in message
    assert name in answer.json()["error"]["detail"]
    assert rows(client, Ticket) == []


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (TICKET | {"async": True}, ["async"]),
        (TICKET | {"ticket": TICKET["ticket"] | {"comment": {"body": "x", "html_body": "<b>x</b>"}}}, ["ticket.comment.html_body"]),
        (
            TICKET | {"ticket": TICKET["ticket"] | {"comment": {"body": "x", "uploads": ["t"], "author_id": 1}}},
            ["ticket.comment.author_id", "ticket.comment.uploads"],
        ),
        (TICKET | {"ticket": TICKET["ticket"] | {"comment": {"body": "x", "public": False}}}, ["ticket.comment.public"]),
        (
            TICKET | {"ticket": TICKET["ticket"] | {"requester": {"email": "a@example.com", "phone": "1", "locale_id": 8}}},
            ["ticket.requester.locale_id", "ticket.requester.phone"],
        ),
        (TICKET | {"ticket": TICKET["ticket"] | {"tags": ["x" * 61]}}, ["ticket.tags.0"]),
        (TICKET | {"ticket": {}}, ["ticket.comment", "ticket.requester", "ticket.subject"]),
    ],
)
def test_every_level_of_the_body_is_looked_at(client: TestClient, post: Post, body: dict[str, Any], names: list[str]) -> None:
    answer = post(body)
    assert (answer.status_code, sorted(answer.json()["error"]["fields"])) == (422, names)
    assert rows(client, Ticket) == []


def test_many_unknown_names_are_answered_briefly(post: Post) -> None:
    answer = post({"ticket": TICKET["ticket"] | {f"x{number}": 1 for number in range(30_000)}})
    assert (answer.status_code, len(answer.json()["error"]["fields"])) == (422, 20)
    assert len(answer.content) < 5000


def test_empty_fields_of_the_shape_mean_nothing(post: Post) -> None:
    empty = {
        "status": None,
        "assignee_id": None,
        "custom_fields": [],
        "collaborator_ids": [],
        "due_at": None,
        "tags": None,
        "external_id": None,
    }
    comment = {"body": "It broke.", "public": True, "uploads": [], "html_body": None, "author_id": None}
    requester = {"email": "alice@example.com", "name": None, "locale_id": None}
    answer = post({"ticket": TICKET["ticket"] | empty | {"comment": comment, "requester": requester}})
    assert answer.status_code == 201, answer.text
    assert (answer.json()["ticket"]["status"], answer.json()["ticket"]["custom_fields"]) == ("new", [])
