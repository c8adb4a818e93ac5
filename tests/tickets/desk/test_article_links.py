"""Which articles a reply linked is read from the message that was sent, however their addresses came into it."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from kb.config import Settings
from tests.tickets.desk.conftest import OpenTicket, Write
from tickets.models import Comment, Ticket

Stored = Callable[[int], Ticket]
Comments = Callable[[int], list[Comment]]
PLUG = "---\ntitle: Pull the plug\nid: 360001\naliases: [/faq/plug]\n---\nPull it.\n"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    folder = settings.content / "hardware" / "printers"
    folder.mkdir(parents=True)
    (folder / "pull-the-plug.md").write_text(PLUG)
    (folder / "pull-the-plug.es.md").write_text("---\ntitle: Desenchufar\n---\nDesenchufa.\n")
    (folder / "pull-the-plug-twice.md").write_text("---\ntitle: Pull the plug twice\n---\nAgain.\n")
    return settings.model_copy(update={"base_url": "http://help.example.com", "allowed_hosts": ("old.example.com", "straße.example")})


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize(
    "address",
    [
        "https://help.example.com/articles/pull-the-plug",
        "http://HELP.example.com/articles/pull-the-plug/",
        "help.example.com/articles/pull-the-plug",
        "https://help.example.com:443/articles/pull-the-plug?x=1#part",
        "https://old.example.com/articles/pull%2Dthe%2Dplug",
        "https://straße.example/articles/pull-the-plug",
        "https://xn--strae-oqa.example/articles/pull-the-plug",
        "https://help.example.com/faq/plug",
        "https://help.example.com/hc/en-us/articles/360001-Pull-the-plug",
        "https://help.example.com/hc/articles/360001",
        "https://help.example.com/es/articles/pull-the-plug",
        "https://help.example.com/hc/es/articles/360001",
    ],
)
def test_an_article_pasted_by_hand_counts_as_linked(client: TestClient, opened: OpenTicket, stored: Stored, write: Write, address: str) -> None:
    number = opened()
    for around in ("See {} first.", "See [this]({}).", "“{}”, then write again.", "Is it this: {}?"):
        write(number, around.format(address))
    assert [(link.slug, link.relation) for link in stored(number).articles] == [("pull-the-plug", "linked")] * 4


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/articles/pull-the-plug",
        "https://help.example.com.evil.example/articles/pull-the-plug",
        "https://nothelp.example.com/articles/pull-the-plug",
        "someone@help.example.com/articles/pull-the-plug",
        "https://help.example.com/articles/nowhere",
        "https://help.example.com/hc/en-us/articles/999",
        "https://help.example.com/categories/hardware",
    ],
)
def test_what_leads_to_no_article_of_ours_is_not_recorded(opened: OpenTicket, stored: Stored, comments: Comments, write: Write, text: str) -> None:
    number = opened()
    write(number, f"See {text}")
    assert len(comments(number)) == 2
    assert stored(number).articles == []


@pytest.mark.usefixtures("agent")
def test_an_article_chosen_for_a_message_that_becomes_a_note_is_not_recorded(opened: OpenTicket, stored: Stored, comments: Comments, write: Write) -> None:
    number = opened()
    write(number, "https://help.example.com/articles/pull-the-plug", kind="note", article=["pull-the-plug"])
    assert len(comments(number)) == 2
    assert stored(number).articles == []


@pytest.mark.usefixtures("agent")
def test_an_article_chosen_gets_its_line_unless_it_is_there_and_is_recorded_once(opened: OpenTicket, stored: Stored, comments: Comments, write: Write) -> None:
    number = opened()
    write(number, "See https://help.example.com/articles/pull-the-plug-twice", article=["pull-the-plug", "pull-the-plug-twice"])
    assert comments(number)[-1].body.endswith("\n\nPull the plug\nhttp://help.example.com/articles/pull-the-plug")
    assert sorted(link.slug for link in stored(number).articles) == ["pull-the-plug", "pull-the-plug-twice"]


@pytest.mark.usefixtures("agent")
def test_a_draft_brings_its_chosen_articles_back(client: TestClient, opened: OpenTicket, write: Write) -> None:
    number = opened()
    write(number, "See below.", to="draft", article=["pull-the-plug"])
    assert 'name="article" value="pull-the-plug" checked' in client.get(f"/desk/tickets/{number}").text
