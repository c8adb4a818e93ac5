"""Characters nobody sees: text of nothing else is empty, and none turns the words around it."""

import json
import re
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.accounts.models import ApiKey, User
from kb.config import SettingsError, load
from kb.text.characters import is_visible
from tests.cast import signed_in
from tests.tickets.api.test_tickets import TICKET, Post, key, post
from tests.tickets.conftest import Send, fields
from tests.tickets.requests.test_open_a_request import rows
from tickets.attachments import clean_name
from tickets.models import Attachment, Comment, Ticket

__all__ = ["key", "post"]
UNSEEN = {
    "Hangul fillers": "\u3164\uffa0\u115f\u1160",
    "Braille blanks": "\u2800\u2800",
    "tag characters": "\U000e0001\U000e0041\U000e007f",
    "variation selectors": "\ufe0f\U000e0100",
    "zero-width": "\u200b\u200c\u200d\u2060\ufeff\u180e\u034f\u00ad",
    "directions": "\u200e\u200f\u202a\u202e\u202c\u2066\u2069\u061c",
    "Khmer vowels": "\u17b4\u17b5",
    "an object's place": "\ufffc",
    "musical blanks": "\U0001d159\U0001d173",
    "hieroglyph blanks": "\U00013441\U00013442",
    "wide blanks": "\u3000\u2003\u1680\u00a0",
    "unassigned and ignorable": "\u2065\ufff0\U000e0fff",
    "noncharacters": "\ufdd0\U0010ffff",
    "a mark alone": "\u0301",
}
TURNS = "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"
DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def test_a_request_of_nothing_to_see_is_empty(client: TestClient, send: Send) -> None:
    for kind, text in UNSEEN.items():
        answer = send(subject=text, description=text, name=text)
        assert ("Enter a subject" in answer.text, "Describe what you need help with." in answer.text, answer.status_code) == (True, True, 422), kind
    assert send(name="\u3164").status_code == 303
    assert [user.name for user in rows(client, User)] == [""]


def test_a_reply_of_nothing_to_see_is_empty(client: TestClient, send: Send) -> None:
    link = send().headers["location"].partition("?")[0]
    agent = signed_in(client, "ada@example.com")
    theirs, ours = fields(client.get(link).text), fields(agent.get("/desk/tickets/1").text)
    for kind, text in UNSEEN.items():
        assert "Enter your message." in client.post(f"{link}/comments", data=theirs | {"body": text}).text, kind
        assert "Enter your message." in agent.post("/desk/tickets/1/comments", data=ours | {"body": text, "kind": "public"}, follow_redirects=True).text, kind
    assert len(rows(client, Comment)) == 1


def test_the_api_takes_nothing_to_see_for_empty(client: TestClient, post: Post) -> None:
    for kind, text in UNSEEN.items():
        empty = {"subject": text, "comment": {"body": text}, "requester": {"email": "alice@example.com", "name": text}, "tags": [text, "a"]}
        refused = post({"ticket": empty}).json()["error"]["fields"]
        assert refused == {"ticket.subject": "must not be empty", "ticket.comment.body": "must not be empty"}, kind
        filed = post({"ticket": TICKET["ticket"] | {"requester": empty["requester"], "tags": empty["tags"]}}).json()["ticket"]
        assert filed["tags"] == ["a"], kind
    assert {user.name for user in rows(client, User) if user.email == "alice@example.com"} == {""}


def test_names_of_people_and_keys_with_nothing_to_see_are_none(client: TestClient) -> None:
    admin = signed_in(client, "admin@example.com", role="admin", name="Kim")
    for number, text in enumerate(UNSEEN.values()):
        admin.post("/desk/people", data={"email": f"ada{number}@example.com", "name": text, "role": "customer"})
        assert "Enter what the key is for" in admin.post("/desk/api-keys", data={"name": text, "scope": "read"}).text
        admin.post("/account", data={"name": text, "email": "admin@example.com"})
        assert rows(client, User)[0].name == ""
    assert {user.name for user in rows(client, User)} == {""}
    assert len(rows(client, User)) == len(UNSEEN) + 1
    assert rows(client, ApiKey) == []


def test_a_site_has_a_name_to_see() -> None:
    for text in UNSEEN.values():
        with pytest.raises(SettingsError, match="DESKBOOK_SITE_NAME: must be words on one line"):
            load({"DESKBOOK_SITE_NAME": text})


def test_a_file_has_a_name_to_see() -> None:
    for text in UNSEEN.values():
        assert clean_name(text) == "file"
        assert is_visible(clean_name(f"{text}.png"))


def test_what_can_be_seen_is_text_also_when_it_is_newer_than_this_python(client: TestClient, post: Post) -> None:
    for text in ("❤️", "🇩🇪", "#️⃣", "👩‍👩‍👧", "\U0001fae8", "\U0001f6d8", "นำ้", "क्", "한", "。", "?", "⠁"):
        filed = post({"ticket": TICKET["ticket"] | {"subject": text, "comment": {"body": text}}})
        assert (filed.status_code, filed.json()["ticket"]["subject"]) == (201, text)


def test_nothing_a_customer_sends_turns_the_words_around_it(client: TestClient, send: Send) -> None:
    turn = TURNS
    sent = send((f"invoice{turn}gpj.exe", b"x"), subject=f"a{turn}b", description=f"c{turn}d\ne{turn}", name=f"f{turn}g")
    assert sent.status_code == 303
    [ticket], [comment], [file] = rows(client, Ticket), rows(client, Comment), rows(client, Attachment)
    assert (ticket.subject, comment.body, ticket.requester_name, file.name) == ("ab", "cd\ne", "fg", "invoicegpj.exe")
    agent = signed_in(client, "ada@example.com")
    pages = [client.get(sent.headers["location"]), agent.get("/desk/tickets/1"), agent.get("/desk"), agent.get("/desk/search?q=ab")]
    assert not [page.url for page in pages if page.status_code != 200 or DIRECTIONS.search(page.text)]


def test_nothing_an_agent_or_a_program_writes_turns_the_words_around_it(client: TestClient, post: Post) -> None:
    turn = TURNS
    body: dict[str, Any] = {"subject": f"a{turn}b", "comment": {"body": f"c{turn}d"}, "requester": {"email": "alice@example.com", "name": f"f{turn}g"}}
    assert post(json.dumps({"ticket": body | {"tags": [f"h{turn}i"], "external_id": f"j{turn}k"}}).encode()).status_code == 201
    admin = signed_in(client, "admin@example.com", role="admin", name=f"l{turn}m")
    admin.post("/desk/tickets/1/comments", data=fields(admin.get("/desk/tickets/1").text) | {"body": f"n{turn}o", "kind": "public"})
    admin.post("/desk/people", data={"email": "bob@example.com", "name": f"p{turn}q", "role": "agent"})
    admin.post("/desk/api-keys", data={"name": f"r{turn}s", "scope": "read"})
    pages = [admin.get(path) for path in ("/desk/tickets/1", "/desk", "/desk/people", "/desk/api-keys", "/account", "/api/tickets/1?include=comments")]
    assert not [page.url for page in pages if DIRECTIONS.search(page.text)]
    with client.app.state.database.read() as session:
        assert session.scalars(select(Comment.body).order_by(Comment.id)).all() == ["cd", "no"]


def test_words_that_are_isolated_in_a_message_stay_so(client: TestClient, send: Send) -> None:
    send(description="התקשרו אל \u2066+1 555 0100\u2069 היום")
    assert rows(client, Comment)[0].body == "התקשרו אל \u2066+1 555 0100\u2069 היום"
