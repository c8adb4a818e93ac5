"""What is typed and chosen on a ticket's page is sent as one, kept as a draft until then, and never sent twice."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from kb.accounts.models import User
from kb.db import now
from kb.site.worker_setup import chores
from tests.cast import add_person, agent_writes, change, customer_writes, sign_in
from tests.tickets.conftest import fields
from tests.tickets.desk.conftest import OpenTicket, Refused, Write
from tickets.models import Attachment, Comment, StoredDraft, Ticket
from tickets.nonce import new_nonce

Stored = Callable[[int], Ticket]
Comments = Callable[[int], list[Comment]]


def page_form(html: str) -> dict[str, Any]:
    """What a browser sends of the ticket's page when nothing is typed: hidden fields, the box, chosen options and ticked boxes."""
    form: dict[str, Any] = dict(fields(html)) | dict(re.findall(r'<input type="hidden" form="composer" name="(\w+)" value="([^"]*)"', html))
    for name, options in re.findall(r'<select [^>]*name="(\w+)"[^>]*>(.*?)</select>', html, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        form[name] = chosen[1] if chosen else ""
    form |= dict(re.findall(r'name="(tags)" value="([^"]*)"', html))
    form["body"] = html.partition("data-composer-body>\n")[2].partition("</textarea>")[0]
    form["kind"] = (re.search(r'name="kind" value="(\w+)" checked', html) or ["", "public"])[1]
    for name in ("kept", "article"):
        form[name] = re.findall(rf'name="{name}" value="([^"]*)" checked', html)
    return form


@pytest.fixture
def shown(client: TestClient) -> Callable[[int], dict[str, Any]]:
    """The form of a ticket's page as it is now."""
    return lambda number: page_form(client.get(f"/desk/tickets/{number}").text)


Shown = Callable[[int], dict[str, Any]]


def test_one_send_applies_the_message_and_every_field_changed(
    client: TestClient, agent: User, opened: OpenTicket, stored: Stored, comments: Comments, shown: Shown
) -> None:
    number = opened()
    form = shown(number) | {"body": "Pull the plug.", "priority": "urgent", "tags": "fire smoke", "type": "incident", "status": "pending"}
    assert client.post(f"/desk/tickets/{number}/comments", data=form).status_code == 303
    ticket = stored(number)
    assert (ticket.priority, ticket.type, ticket.status, ticket.assignee_id) == ("urgent", "incident", "pending", agent.id)
    assert [tag.name for tag in ticket.tags] == ["fire", "smoke"]
    assert ticket.version == 2, "one update"
    assert comments(number)[-1].body == "Pull the plug."


@pytest.mark.usefixtures("agent")
def test_the_buttons_beside_send_set_the_status_whatever_the_list_says(client: TestClient, opened: OpenTicket, stored: Stored, shown: Shown) -> None:
    number = opened()
    form = shown(number) | {"body": "Pull the plug.", "then": "solved", "status": "hold"}
    client.post(f"/desk/tickets/{number}/comments", data=form)
    assert stored(number).status == "solved"


@pytest.mark.parametrize("to", ["comments", "properties", "assignment"])
def test_a_field_that_only_a_colleague_changed_is_never_put_back(
    client: TestClient, agent: User, opened: OpenTicket, stored: Stored, shown: Shown, to: str
) -> None:
    number = opened()
    form, bob = shown(number) | {"body": "Pull the plug.", "type": "incident"}, add_person(client, "bob@example.com")
    with client.app.state.database.write() as session:
        change(session, number, {"priority": "urgent", "tags": ["theirs"]}, bob)
    assert client.post(f"/desk/tickets/{number}/{to}", data=form).status_code == 303
    ticket = stored(number)
    assert (ticket.priority, [tag.name for tag in ticket.tags]) == ("urgent", ["theirs"])
    assert ticket.type == ("question" if to == "assignment" else "incident")


def test_saving_after_a_conflict_leaves_what_a_colleague_changed_elsewhere(
    client: TestClient, agent: User, opened: OpenTicket, stored: Stored, shown: Shown, refused: Refused
) -> None:
    number, bob = opened(), add_person(client, "bob@example.com", name="Bob")
    form = shown(number) | {"type": "incident", "assignee_id": str(agent.id), "body": "Half a thought"}
    with client.app.state.database.write() as session:
        change(session, number, {"priority": "urgent", "assignee_id": bob.id}, bob)
    page = refused(client.post(f"/desk/tickets/{number}/properties", data=form))
    assert "<td>Bob</td><td>Ada (you)</td>" in page
    again = page_form(page)
    assert (again["body"], again["type"], again["assignee_id"], again["priority"]) == ("Half a thought", "incident", str(agent.id), "urgent")
    assert client.post(f"/desk/tickets/{number}/properties", data=again).status_code == 303
    ticket = stored(number)
    assert (ticket.priority, ticket.type, ticket.assignee_id) == ("urgent", "incident", agent.id)
    assert shown(number)["body"] == "Half a thought"


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize("to", ["assignment", "properties", "draft", "comments"])
def test_files_text_articles_and_fields_survive_every_button(
    client: TestClient, opened: OpenTicket, comments: Comments, write: Write, shown: Shown, to: str
) -> None:
    number = opened()
    with client.app.state.database.write() as session:
        customer_writes(session, number, "Are you there?")
    more = {"find_articles": "1", "article_query": "plug"} if to == "draft" else {"version": "1"} if to == "comments" else {}
    assert write(number, "Half a thought", ("log.txt", b"it broke"), to=to, priority="high", was_priority="normal", **more).status_code == 303
    form = shown(number)
    assert form["body"] == "Half a thought"
    assert form["priority"] == "high"
    assert len(form["kept"]) == 1
    assert client.post(f"/desk/tickets/{number}/comments", data=form).status_code == 303
    assert [file.name for file in comments(number)[-1].attachments] == ["log.txt"]
    assert shown(number)["body"] == ""
    with client.app.state.database.read() as session:
        assert session.scalar(select(func.count()).select_from(StoredDraft)) == 0


@pytest.mark.usefixtures("agent")
def test_a_file_kept_can_be_left_out_and_one_that_cannot_be_kept_is_named(
    client: TestClient, opened: OpenTicket, comments: Comments, write: Write, shown: Shown, refused: Refused
) -> None:
    number = opened()
    page = refused(write(number, "Look", ("good.txt", b"it broke"), ("empty.txt", b"")))
    assert "empty.txt” is empty" in page
    assert "good.txt" in page
    form = shown(number) | {"kept": []}
    client.post(f"/desk/tickets/{number}/comments", data=form)
    assert comments(number)[-1].attachments == []


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize("has_file", [False, True])
@pytest.mark.parametrize("is_same_form", [False, True])
def test_a_reply_sent_again_is_recognised_and_said_to_be(
    client: TestClient, opened: OpenTicket, comments: Comments, write: Write, has_file: bool, is_same_form: bool
) -> None:
    number, files = opened(), [("log.txt", b"it broke")] if has_file else []
    form = {"nonce": new_nonce(client.app.state.secret_key, now())} if is_same_form else {}
    first = write(number, "Pull the plug.", *files, **form)
    second = write(number, "Pull the plug.", *files, **form | {"version": "1"})
    assert "Your reply was sent" in client.get(first.headers["location"]).text
    page = client.get(second.headers["location"]).text
    assert "You already sent this reply" in page
    assert "on its way" not in page
    assert len(comments(number)) == 2


@pytest.mark.usefixtures("agent")
def test_a_note_added_again_is_said_to_be_there(client: TestClient, opened: OpenTicket, comments: Comments, write: Write) -> None:
    number = opened()
    answers = [write(number, "Ask the supplier.", kind="note") for _ in range(2)]
    assert "You already added this note" in client.get(answers[1].headers["location"]).text
    assert len(comments(number)) == 2


@pytest.mark.usefixtures("agent")
def test_the_same_form_sent_with_other_words_is_another_message(client: TestClient, opened: OpenTicket, comments: Comments, write: Write) -> None:
    number, nonce = opened(), new_nonce(client.app.state.secret_key, now())
    for body, kind in (("Pull the plug.", "public"), ("Pull the other plug.", "public"), ("Pull the other plug.", "note")):
        write(number, body, nonce=nonce, kind=kind)
    assert [(comment.body, comment.is_public) for comment in comments(number)[1:]] == [
        ("Pull the plug.", True),
        ("Pull the other plug.", True),
        ("Pull the other plug.", False),
    ]


@pytest.mark.usefixtures("agent")
def test_a_discarded_draft_can_be_brought_back_with_its_files(client: TestClient, opened: OpenTicket, write: Write) -> None:
    number = opened()
    answer = write(number, "Unplug it.", ("plan.txt", b"steps"), to="draft", discard="1", priority="high", was_priority="normal")
    page = client.get(answer.headers["location"]).text
    assert "Your draft was discarded" in page
    assert "Unplug it." not in page
    assert 'name="restore"' in page
    answer = client.post(f"/desk/tickets/{number}/draft", data={"restore": "1"})
    page = client.get(answer.headers["location"]).text
    assert "Your draft was restored" in page
    assert all(word in page for word in ("Unplug it.", "plan.txt", "Not saved yet"))
    assert 'name="restore"' not in page


@pytest.mark.usefixtures("agent")
def test_a_newer_draft_is_not_replaced_by_the_discarded_one(client: TestClient, opened: OpenTicket, write: Write) -> None:
    number = opened()
    write(number, "The first.", to="draft", discard="1")
    write(number, "The second.", to="draft")
    client.post(f"/desk/tickets/{number}/draft", data={"restore": "1"})
    page = client.get(f"/desk/tickets/{number}").text
    assert "The second." in page
    assert "The first." not in page


@pytest.mark.usefixtures("agent")
def test_a_draft_is_kept_while_typing_and_discarded_by_its_button(client: TestClient, opened: OpenTicket, write: Write, shown: Shown) -> None:
    number = opened()
    assert write(number, "Half a thought", to="draft", kind="note").status_code == 204
    assert (shown(number)["body"], shown(number)["kind"]) == ("Half a thought", "note")
    assert write(number, "", to="draft").status_code == 204
    assert shown(number)["body"] == ""
    write(number, "Half a thought", to="draft")
    assert "Your draft was discarded" in client.get(write(number, "x", to="draft", discard="1").headers["location"]).text
    assert shown(number)["body"] == ""


@pytest.mark.usefixtures("agent")
def test_an_automatic_save_that_arrives_late_does_not_bring_back_what_was_sent(client: TestClient, opened: OpenTicket, write: Write, shown: Shown) -> None:
    number, nonce = opened(), new_nonce(client.app.state.secret_key, now())
    write(number, "Pull the plug.", nonce=nonce)
    write(number, "Pull the pl", nonce=nonce, to="draft")
    assert shown(number)["body"] == ""


def test_a_draft_is_seen_by_its_writer_alone(client: TestClient, agent: User, opened: OpenTicket, write: Write, shown: Shown) -> None:
    number = opened()
    write(number, "Half a thought", to="draft")
    sign_in(client, add_person(client, "bob@example.com"))
    assert shown(number)["body"] == ""
    sign_in(client, agent)
    assert shown(number)["body"] == "Half a thought"


@pytest.mark.usefixtures("agent")
def test_a_draft_larger_than_is_kept_stays_in_the_page(client: TestClient, opened: OpenTicket, write: Write) -> None:
    number, long = opened(), "x" * 450_000
    assert write(number, long, to="draft").status_code == 413
    answer = write(number, long)
    assert answer.status_code == 422
    assert long in answer.text


def test_old_drafts_are_swept_and_younger_ones_keep_their_files(client: TestClient, agent: User, opened: OpenTicket, write: Write, shown: Shown) -> None:
    young, old = opened(), opened(subject="Another")
    for number in (young, old):
        write(number, "Half a thought", ("log.txt", f"log of {number}".encode()), to="assignment")
    with client.app.state.database.write() as session:
        for upload in session.scalars(select(Attachment)):
            upload.created_at = now() - timedelta(days=20)
        for draft in session.scalars(select(StoredDraft)):
            draft.updated_at = now() - timedelta(days=29 if draft.ticket_id == young else 31)
    with client.app.state.database.write() as session:
        for chore in chores(client.app.state.settings):
            chore(session, now())
    assert (shown(young)["body"], len(shown(young)["kept"])) == ("Half a thought", 1)
    assert (shown(old)["body"], shown(old)["kept"]) == ("", [])
    with client.app.state.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Attachment)) == 1


def test_the_page_marks_what_is_new_since_the_draft(client: TestClient, agent: User, opened: OpenTicket, write: Write) -> None:
    number, bob = opened(), add_person(client, "bob@example.com", name="Bob")
    write(number, "Half a thought", to="draft")
    with client.app.state.database.write() as session:
        agent_writes(session, number, "I called them.", bob, is_public=False)
        customer_writes(session, number, "Thank you!")
    page = client.get(f"/desk/tickets/{number}").text
    assert page.count("New since your draft") == 2
    assert "2 messages arrived after you wrote your draft" in page


@pytest.mark.usefixtures("agent")
def test_enter_in_a_box_of_one_line_saves_the_properties_or_finds_an_article_and_never_sends(
    client: TestClient, opened: OpenTicket, stored: Stored, comments: Comments, write: Write
) -> None:
    number = opened()
    assert "done=saved" in write(number, "Half a thought", to="draft", enter="1", tags="fire").headers["location"]
    assert [tag.name for tag in stored(number).tags] == ["fire"]
    assert "find=1" in write(number, "Half a thought", to="draft", enter="1", article_query="plug").headers["location"]
    assert len(comments(number)) == 1


@pytest.mark.usefixtures("agent")
def test_the_second_of_two_tabs_is_refused_and_both_texts_are_shown(client: TestClient, opened: OpenTicket, shown: Shown, comments: Comments) -> None:
    number = opened()
    first, second = shown(number), shown(number)
    draft = f"/desk/tickets/{number}/draft"
    assert client.post(draft, data=first | {"body": "From <the> first tab"}).status_code == 204
    assert client.post(draft, data=first | {"body": "From <the> first tab, longer"}).status_code == 204, "a tab may save again"
    refused = client.post(draft, data=second | {"body": "From the second tab"})
    assert refused.status_code == 409
    assert "From &lt;the&gt; first tab, longer" in refused.text
    assert "Your draft was changed in another tab" in refused.text
    assert shown(number)["body"] == "From &lt;the&gt; first tab, longer"
    for act in ({"find_articles": "1", "article_query": "x"}, {"discard": "1"}):
        page = client.post(draft, data=second | {"body": "From the second tab"} | act)
        assert page.status_code == 409
        assert [text in page.text for text in ("From the second tab", "From &lt;the&gt; first tab, longer")] == [True, True]
    page = client.post(f"/desk/tickets/{number}/comments", data=second | {"body": "From the second tab"})
    assert (page.status_code, comments(number)[-1].body) == (303, "From the second tab")
    assert shown(number)["body"] == "From &lt;the&gt; first tab, longer", "sending one leaves the other"


@pytest.mark.usefixtures("agent")
def test_an_empty_box_in_one_tab_does_not_delete_the_draft_of_another(client: TestClient, opened: OpenTicket, shown: Shown) -> None:
    number = opened()
    first, second = shown(number), shown(number)
    client.post(f"/desk/tickets/{number}/draft", data=first | {"body": "From the first tab"})
    assert client.post(f"/desk/tickets/{number}/draft", data=second | {"body": ""}).status_code == 409
    assert shown(number)["body"] == "From the first tab"


@pytest.mark.usefixtures("agent")
def test_the_version_of_either_tab_can_be_kept(client: TestClient, opened: OpenTicket, shown: Shown) -> None:
    number = opened()
    first, second = shown(number), shown(number)
    draft = f"/desk/tickets/{number}/draft"
    client.post(draft, data=first | {"body": "From the first tab"})
    refused = client.post(draft, data=second | {"body": "From the second tab"})
    replaced = re.search(r'name="replaced_page" value="([^"]+)"', refused.text)
    assert replaced is not None
    kept = client.post(draft, data=second | {"body": "From the second tab", "replaced_page": replaced[1]})
    assert "Your draft was saved" in client.get(kept.headers["location"]).text
    assert shown(number)["body"] == "From the second tab"
    assert client.post(draft, data=first | {"body": "First again"}).status_code == 409
    assert client.post(draft, data=shown(number) | {"body": "A page shown since goes on from it"}).status_code == 204


def test_a_form_sent_while_signed_out_comes_back_with_all_that_was_typed(client: TestClient, agent: User, opened: OpenTicket, shown: Shown) -> None:
    number = opened()
    form = shown(number) | {"body": "Pull <the> plug.", "kind": "note", "priority": "high"}
    client.post("/sign-out")
    page = client.post(f"/desk/tickets/{number}/comments", data=form, files=[("files", ("log <1>.txt", b"x"))])
    assert page.status_code == 401
    for words in (
        "You are signed out", "Pull &lt;the&gt; plug.", "log &lt;1&gt;.txt", 'name="kind" value="note"', 'name="priority" value="high"', "/sign-in?next=",
    ):  # fmt: skip
        assert words in page.text
    assert client.post(f"/desk/tickets/{number}/comments", data=form | {"body": ""}).status_code == 303
    sign_in(client, agent)
    assert client.post(f"/desk/tickets/{number}/comments", data=page_form(page.text) | form).status_code == 303


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize("name", ["page", "known_page", "replaced_page", "article", "kept", "seen_tags", "was_tags"])
@pytest.mark.parametrize("value", ["\x00", "x\x00y", "x" * 5000, "\u202e", "' or 1=1"])
def test_strange_hidden_values_keep_the_draft_and_take_nobody_elses(client: TestClient, opened: OpenTicket, shown: Shown, name: str, value: str) -> None:
    number = opened()
    draft, form = f"/desk/tickets/{number}/draft", shown(number) | {"body": "From a strange page", name: value}
    assert client.post(draft, data=form).status_code in (204, 303)
    assert shown(number)["body"] == "From a strange page"
    another = {field: one for field, one in form.items() if field != "replaced_page"} | {"page": "another", "known_page": value + "?", "body": "Another"}
    assert client.post(draft, data=another).status_code == 409
    assert shown(number)["body"] == "From a strange page"
