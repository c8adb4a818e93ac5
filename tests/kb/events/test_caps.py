"""Figures cannot be forged, nor the disk filled, by one visitor or from one address: what no person does is not stored, and what is dropped is counted."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.config import Settings
from kb.db import Database, now
from kb.events.bots import is_bot
from kb.events.caps import Caps
from kb.events.models import Event, EventCount, Kind
from kb.events.queries import delete_events_before
from kb.events.recorder import CurrentVisit, Recorder
from kb.site.app import create_app

pytestmark = pytest.mark.at_noon

CAPS = Caps(per_visitor_hour=300, per_address_hour=5000, answers_per_address_day=500, per_day=500_000, in_all=50_000_000)
ARTICLE = "---\ntitle: Adjust the brakes\n---\nTurn the bolt.\n"
HERE = ("203.0.113.7", 50000)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    shelf = settings.content / "riding"
    shelf.mkdir()
    (shelf / "brakes.md").write_text(ARTICLE)
    (shelf / "gears.md").write_text(ARTICLE.replace("brakes", "gears"))
    return settings


@pytest.fixture
def recorder(database: Database) -> Iterator[Recorder]:
    recorder = Recorder(database, CAPS, key="k" * 32)
    yield recorder
    recorder.close()


def capped(database: Database, **caps: int) -> Recorder:
    return Recorder(database, Caps(**{name: getattr(CAPS, name) for name in Caps.__slots__} | caps), key="k" * 32)


def visitor(name: str = "ann", *, visit: str = "", has_cookie: bool = True, address: str = "203.0.113.7") -> CurrentVisit:
    return CurrentVisit(visit or f"visit-{name}", name, False, has_cookie, address)


def stored(database: Database) -> list[Event]:
    with database.read() as session:
        return list(session.scalars(select(Event).order_by(Event.id)))


def counts(database: Database) -> dict[str, int]:
    with database.read() as session:
        [row] = session.scalars(select(EventCount)).all()
        return {name: value for name, value in vars(row).items() if isinstance(value, int) and value}


def recorded(client: TestClient) -> list[str]:
    client.app.state.recorder.flush()
    return [event.kind for event in stored(client.app.state.database)]


def browser(client: TestClient, **options: Any) -> TestClient:
    return TestClient(client.app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False, client=HERE, **options)


def test_a_visitor_is_recorded_so_often_in_an_hour_and_the_rest_is_counted(database: Database, recorder: Recorder) -> None:
    for _ in range(15):
        for _ in range(100):
            recorder.add(visitor(), Kind.SEARCH_CLICK, slug="brakes", rank=1)
        recorder.flush()
    assert len(stored(database)) == 300
    assert counts(database) == {"stored": 300, "dropped_visitor": 1200}


def test_two_processes_share_the_caps(database: Database, recorder: Recorder) -> None:
    other = capped(database)
    for one in (recorder, other):
        for _ in range(200):
            one.add(visitor(), Kind.SEARCH_CLICK, slug="brakes", rank=1)
        one.flush()
    other.close()
    assert len(stored(database)) == 300


def test_new_visitors_of_one_address_are_counted_together(database: Database) -> None:
    recorder = capped(database, per_address_hour=50)
    for number in range(80):
        recorder.add(visitor(f"new{number}", has_cookie=False), Kind.ARTICLE_VIEW, slug="brakes")
    for number in range(10):
        recorder.add(visitor(f"other{number}", has_cookie=False, address="203.0.113.8"), Kind.ARTICLE_VIEW, slug="brakes")
    recorder.close()
    assert len(stored(database)) == 60
    assert counts(database) == {"stored": 60, "dropped_address": 30}


def test_the_addresses_of_one_ipv6_network_are_one(database: Database) -> None:
    recorder = capped(database, per_address_hour=5)
    for number in range(20):
        recorder.add(visitor(f"v{number}", has_cookie=False, address=f"2001:db8::{number:x}"), Kind.ARTICLE_VIEW, slug="brakes")
    recorder.close()
    assert len(stored(database)) == 5


def test_no_address_is_stored(database: Database, recorder: Recorder) -> None:
    recorder.add(visitor(address="203.0.113.77"), Kind.FORM_OPEN)
    recorder.flush()
    with database.engine.connect() as connection:
        tables = [connection.exec_driver_sql(f"SELECT * FROM {name}").fetchall() for name in ("events", "limit_counts", "event_counts")]
    assert "203.0.113" not in str(tables)


def test_one_address_gives_only_so_many_answers_in_a_day(database: Database) -> None:
    recorder = capped(database, answers_per_address_day=10)
    for number in range(30):
        recorder.add(visitor(f"v{number}"), Kind.FORM_OPEN)
        recorder.add(visitor(f"v{number}"), Kind.DEFLECT_CONFIRMED, slug="brakes")
        recorder.add(visitor(f"v{number}"), Kind.ARTICLE_VIEW, slug="brakes")
    recorder.close()
    kinds = [event.kind for event in stored(database)]
    assert kinds.count("form_open") + kinds.count("deflect_confirmed") == 10
    assert kinds.count("article_view") == 30


def test_the_day_and_the_table_are_bounded(database: Database) -> None:
    for caps, reason in (({"per_day": 25}, "dropped_day"), ({"in_all": 40}, "dropped_full")):
        recorder = capped(database, **caps)
        for number in range(30):
            recorder.add(visitor(f"{reason}{number}", has_cookie=False), Kind.ARTICLE_VIEW, slug="brakes")
        recorder.close()
        assert counts(database)[reason] in (5, 15)
    assert len(stored(database)) == counts(database)["stored"] == 40


def test_what_is_forgotten_leaves_room(database: Database) -> None:
    recorder = capped(database, in_all=10)
    for number in range(10):
        recorder.add(visitor(f"v{number}"), Kind.ARTICLE_VIEW, slug="brakes")
    recorder.flush()
    with database.write() as session:
        delete_events_before(session, now() + timedelta(days=1))
    recorder.add(visitor("late"), Kind.ARTICLE_VIEW, slug="brakes")
    recorder.close()
    assert [event.visitor for event in stored(database)] == ["late"]


def test_this_solved_it_is_stored_once_for_a_visit_and_article(client: TestClient) -> None:
    page = browser(client)
    page.get("/requests/new")
    for _ in range(350):
        assert page.post("/requests/deflections", data={"subject": "Brakes", "solved": "brakes"}).status_code == 200
    page.post("/requests/deflections", data={"subject": "Gears", "solved": "gears"})
    assert recorded(client).count("deflect_confirmed") == 2


def test_taking_it_back_is_always_stored_and_then_it_may_be_said_again(client: TestClient) -> None:
    page = browser(client)
    page.get("/requests/new")
    for path in ("deflections", "deflections/withdrawal", "deflections/withdrawal", "deflections"):
        page.post(f"/requests/{path}", data={"subject": "Brakes", "solved": "brakes"})
    assert recorded(client)[1:] == ["deflect_confirmed", "deflect_withdrawn", "deflect_confirmed"]


def test_what_was_never_said_cannot_be_taken_back(client: TestClient) -> None:
    page = browser(client)
    page.get("/requests/new")
    for _ in range(5):
        assert page.post("/requests/deflections/withdrawal", data={"solved": "brakes"}).status_code == 200
    assert recorded(client) == ["form_open"]


def test_taking_it_back_is_stored_beyond_the_caps(database: Database) -> None:
    recorder = capped(database, per_visitor_hour=1, per_address_hour=1, answers_per_address_day=1)
    recorder.add(visitor(), Kind.DEFLECT_CONFIRMED, slug="brakes")
    recorder.add(visitor(), Kind.FORM_OPEN)
    recorder.add(visitor(visit="a later one"), Kind.DEFLECT_WITHDRAWN, slug="brakes")
    recorder.close()
    assert [event.kind for event in stored(database)] == ["deflect_confirmed", "deflect_withdrawn"]


def test_a_vote_is_stored_once_and_each_change_of_it(client: TestClient) -> None:
    page = browser(client)
    page.get("/articles/brakes")
    for value in ["yes"] * 150 + ["no"] * 150 + ["yes"]:
        assert page.post("/articles/brakes/votes", data={"value": value}).status_code == 303
    for reason in ["too short"] * 20:
        page.post("/articles/brakes/votes", data={"value": "no", "reason": reason})
    assert recorded(client)[1:] == ["vote", "vote", "vote", "vote_reason"]


def test_a_vote_is_stored_once_whatever_process_takes_it(database: Database, recorder: Recorder) -> None:
    other = capped(database)
    for one in (recorder, other, recorder):
        one.add(visitor(), Kind.VOTE, slug="brakes", value="yes")
        one.flush()
    other.close()
    assert len(stored(database)) == 1


def test_finished_pages_count_by_the_address_that_a_trusted_proxy_names(settings: Settings) -> None:
    trusting = settings.model_copy(update={"trusted_proxies": ("203.0.113.7",), "events_per_address_hour": 3})
    app = create_app(trusting)
    with TestClient(app, client=HERE, headers={"user-agent": "Mozilla/5.0 (test)"}) as client:
        for number in range(12):
            client.cookies.clear()
            client.get("/articles/brakes", headers={"x-forwarded-for": f"198.51.100.{number % 2}"})
        assert recorded(client) == ["article_view"] * 6


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "curl/8.5.0",
        "Wget/1.21.4",
        "kube-probe/1.29",
        "Go-http-client/1.1",
        "python-requests/2.31",
        "GoogleHC/1.0",
        "Prometheus/2.49",
        "Datadog/Synthetics",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0; +https://openai.com/bot",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Claude-User/1.0; +Claude-User@anthropic.com)",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 Safari/537.36",
        "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
        "Mozilla/5.0 (compatible; NewThing Uptime check)",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1",
    ],
)
def test_programs_are_known_by_their_name(agent: str) -> None:
    assert is_bot(agent.encode())


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Linux; Android 10; CUBOT X30) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        "Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/29.3709; U; en) Presto/2.8.119 Version/11.10",
        "Lynx/2.9.0 libwww-FM/2.14 SSL-MM/1.4.1 OpenSSL/3.1.4",
        "w3m/0.5.3+git20230121",
        "Links (2.29; Linux 6.1; 80x24)",
        "ELinks/0.16.1.1 (textmode; Debian; Linux 6.1; 80x24)",
        "Mozilla/5.0 " + "(" * 100_000,
    ],
)
def test_browsers_are_not_programs(agent: str) -> None:
    assert not is_bot(agent.encode())
