"""Full-text search over tickets, alike on both databases."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from kb.accounts import people
from kb.accounts.models import User
from kb.db import Database, now
from kb.jobs.worker import Worker
from tests.cast import agent_writes, change, customer_writes
from tickets.access import SYSTEM, Actor, person
from tickets.attachments import StoredFile
from tickets.creation import NewTicket, create
from tickets.lists.condition_queries import Viewpoint, conditions_of
from tickets.lists.filter_words import parse
from tickets.lists.page_queries import loaded
from tickets.search import index_queries, index_text
from tickets.search.jobs import ask_to_index, handlers, repair
from tickets.search.query_words import query_words
from tickets.search.search_queries import ranked
from tickets.search.snippets import snippets

LANGUAGES = ("en", "de", "fr")
File = Callable[..., int]


@pytest.fixture
def agent(database: Database) -> User:
    with database.write() as session:
        return people.add_user(session, "ada@example.com", "Ada", "agent", now())


@pytest.fixture
def file(database: Database) -> File:
    def file(subject: str, body: str = "Hm.", *, at: Any = None, **more: Any) -> int:
        wanted: dict[str, Any] = {"email": "alice@example.com", "subject": subject, "body": body} | more
        with database.write() as session:
            return create(session, NewTicket(**wanted), now=at or now()).id

    return file


def found(database: Database, typed: str, actor: Actor = SYSTEM) -> list[int]:
    wanted = parse(typed, now())
    with database.read() as session:
        conditions = conditions_of(session, wanted, Viewpoint(actor, now()))
        return [hit.ticket_id for hit in ranked(session, query_words(wanted.words, LANGUAGES), actor, conditions)]


def shown(database: Database, typed: str, number: int, actor: Actor = SYSTEM) -> tuple[str, str, bool]:
    with database.read() as session:
        snippet = snippets(session, loaded(session, actor, [number]), query_words(typed, LANGUAGES), actor)[number]
    return str(snippet.subject), str(snippet.text), snippet.is_note


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Grüße aus KÖLN", "köln"),
        ("Grüße aus Köln", "KOLN"),
        ("привет мир", "ПРИВЕТ"),
        ("ÉCOLE fermée", "école"),
        ("École fermée", "ecole"),
        ("ΑΘΗΝΑ", "αθηνα"),
        ("İstanbul", "istanbul"),
        ("straße", "STRASSE"),
        ("打印机坏了", "打印机"),
        ("my invoices are wrong", "invoice"),
        ("one invoice", "invoices"),
        ("it was refunded", "refunding"),
        ("printing fails", "print"),
        ("order A-1042 is late", "a-1042"),
        ("error 0x80070057 again", "0x80070057"),
        ("call getUserById please", "user"),
        ("it's broken", "it's broken"),
        ("Die Rechnungen fehlen", "invoi"),
    ],
)
def test_words_are_found_however_they_are_written(database: Database, file: File, written: str, typed: str) -> None:
    number = file("Something", f"{written}, invoices", locale="en")
    file("Something else", "Nothing of it here")
    assert found(database, typed) == [number]


def test_each_ticket_is_stemmed_in_its_own_language(database: Database, file: File) -> None:
    number = file("Die Rechnungen fehlen", locale="de")
    assert found(database, "rechnung") == [number]
    with database.read() as session:
        assert "rechnung" in index_queries.stored(session, index_queries.PUBLIC, [number])[number].subject.split()


def test_every_part_of_a_ticket_is_searched_and_all_words_must_be_there(database: Database, file: File, agent: User) -> None:
    picture = StoredFile("Broken_Gearbox.png", "image/png", 3, "0" * 64)
    number = file("Help with the printer", "It makes noise", name="Zoë Lovelace", email="zoe@lovelace.example", tags=("hardware",), files=(picture,))
    file("Another printer")
    with database.write() as session:
        agent_writes(session, number, "Please pull the plug.", agent)
        customer_writes(session, number, "That cured it.", at=now() + timedelta(seconds=1))
        change(session, number, {"tags": ["hardware", "big_box"]})
    for typed in ("printer noise", "zoe", "lovelace", "zoe@lovelace.example", "hardware", "big_box", "gearbox", "plug", "cured printer plug zoe"):
        assert found(database, typed) == [number], typed
    assert found(database, "printer banana") == []
    with database.write() as session:
        change(session, number, {"tags": []})
    assert found(database, "hardware") == []


def test_the_subject_counts_more_than_a_word_somewhere_in_the_messages(database: Database, file: File) -> None:
    subject = file("Refund please", "Hello there, thank you")
    body = file("Question", "Hello there. I have a long story to tell about shoes and ships and sealing wax, and at its end comes a refund")
    assert found(database, "refund") == [subject, body]
    assert found(database, "refund sort:newest status:new") == [subject, body]


def test_filters_narrow_a_search(database: Database, file: File, agent: User) -> None:
    first, second = file("Refund one"), file("Refund two", email="zoe@example.net", name="Zoë Öz")
    with database.write() as session:
        change(session, second, {"assignee_id": agent.id, "tags": ["vip"]})
    assert set(found(database, "refund")) == {first, second}
    for typed in ("refund assignee:ada", "refund tag:vip", "refund from:ZOË", "refund from:öz", "refund -status:new"):
        assert found(database, typed) == [second], typed
    assert found(database, "refund assignee:nobody") == [first]


def test_notes_touch_nothing_for_people_who_may_not_read_them(database: Database, file: File, agent: User) -> None:
    plain, noted = file("Brakes squeak", "badly"), file("Brakes squeak", "badly")
    with database.read() as session:
        alice = Actor(loaded(session, SYSTEM, [plain])[0].requester_id)

    def ranks() -> dict[int, float]:
        with database.read() as session:
            return {hit.ticket_id: hit.score for hit in ranked(session, query_words("squeak", LANGUAGES), alice, [])}

    before = ranks()
    with database.write() as session:
        agent_writes(session, noted, "A squeak, squeak, squeak of the secret kind", agent, is_public=False)
        agent_writes(session, plain, "Internal: ask Bob", agent, is_public=False)
    assert ranks() == before
    assert found(database, "secret", alice) == []
    assert found(database, "squeak secret", alice) == []
    staff = person(agent)
    assert found(database, "secret", staff) == [noted]
    assert found(database, "brakes secret", staff) == [noted], "one word in the subject, one in the note"
    assert set(found(database, "badly", staff)) == {plain, noted}
    assert "secret" not in shown(database, "secret", noted, alice)[1]
    assert shown(database, "secret", noted, staff)[1:] == ("A squeak, squeak, squeak of the <mark>secret</mark> kind", True)
    with database.write() as session:
        agent_writes(session, noted, "Use grease", agent)
    assert found(database, "grease secret", staff) == found(database, "grease", alice) == [noted]


def test_nobody_finds_tickets_that_they_may_not_see(database: Database, file: File) -> None:
    number = file("Refund please")
    assert found(database, "refund", Actor()) == []
    assert found(database, "refund", Actor(999_999)) == []
    assert found(database, "refund", SYSTEM) == [number]


def test_snippets_are_cut_from_the_original_and_only_marks_are_markup(database: Database, file: File) -> None:
    number = file("<b>Invoices</b> & more", "Long before. " * 60 + "My <script>invoices</script> were WRONG, twice. " + "Long after. " * 60)
    subject, text, is_note = shown(database, "invoice wrong", number)
    assert subject == "&lt;b&gt;<mark>Invoices</mark>&lt;/b&gt; &amp; more"
    assert "&lt;script&gt;<mark>invoices</mark>&lt;/script&gt; were <mark>WRONG</mark>" in text
    assert len(text) < 400
    assert not is_note


def test_a_ticket_with_more_words_than_an_index_takes_is_kept(database: Database, file: File, agent: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_text, "MAX_MESSAGES_CHARS", 400_000)
    number = file("Long", " ".join(f"w{n}ürd{'x' * (n % 30)}" for n in range(6_000))[:64_000])
    for part in range(8):
        with database.write() as session:
            agent_writes(session, number, " ".join(f"p{part}n{n}ö" for n in range(8_000))[:64_000], agent, at=now() + timedelta(minutes=part))
    assert found(database, "long") == [number]


def test_tickets_from_before_are_indexed_by_the_job_and_differences_are_corrected(database: Database, file: File, agent: User) -> None:
    numbers = [file(f"Refund {n}", "Please", email=f"c{n}@example.com", tags=("a",)) for n in range(5)]
    with database.write() as session:
        agent_writes(session, numbers[0], "A secret note", agent, is_public=False)
        agent_writes(session, numbers[1], "A reply", agent)
        change(session, numbers[2], {"tags": ["b_c", "d"]})
    assert repair(database, lambda _done: None) == 0, "what apply and creation write is what a comparison makes of it"
    with database.write() as session:
        for table in index_queries.TABLES:
            for number in numbers:
                index_queries.replace(session, table, number, None)
    assert found(database, "refund") == []
    worker = Worker(database, handlers(database), [ask_to_index])
    worker.clean(now())
    assert worker.run_once(now()) == 1
    worker.clean(now())
    assert worker.run_once(now()) == 0, "all is indexed"
    assert sorted(found(database, "refund")) == numbers
    assert found(database, "secret", person(agent)) == [numbers[0]]
    with database.write() as session:
        index_queries.replace(session, index_queries.PUBLIC, numbers[3], index_text.IndexText("wrong"))
    assert repair(database, lambda _done: None) == 1
    assert found(database, "wrong") == []


def test_the_index_of_an_odd_question_is_asked_safely(database: Database, file: File) -> None:
    file("Printer")
    for typed in ('"', "'", "a* b*", "* *", "AND", "NOT x", "NEAR(x y)", "subject:x", "{people} : x", "a:b", "\\", "x" * 450, "& | ! :*", "\u200b", "'x':A"):
        assert isinstance(found(database, typed), list), typed
    assert re.fullmatch(r"[\d, \[\]]*", str(found(database, "printer")))
