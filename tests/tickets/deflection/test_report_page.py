"""The report's pages: for agents only, honest when empty, every figure leading to the visits behind it."""

import csv
import re
from datetime import date
from io import StringIO

import pytest
from starlette.testclient import TestClient

from kb.events.queries import Counts, count_events
from tests.cast import signed_in
from tests.tickets.deflection.script import DAY, MINUTE, Log, confirm, engaged, form, search, sent, view
from tickets.deflection.csv_export import as_csv

URL = "/desk/reports/deflection"
MARCH = "from=2026-03-01&to=2026-03-31"
PAGES = (URL, f"{URL}/visits", f"{URL}/figures.csv", f"{URL}/searches.csv", "/desk/reports")


@pytest.fixture
def agent(client: TestClient) -> TestClient:
    return signed_in(client, "agent@example.org")


@pytest.fixture
def busy(client: TestClient) -> Log:
    """March: one ticket, one confirmed, one read and left, one gave up after a search that looks like a formula."""
    log = Log(client.app.state.database)
    log.visit("ann", search(0, "invoice copy"), form(10), sent(70, 1))
    log.ticket(70, "ann", visit="visit-ann", visitor="ann")
    log.visit("bob", form(0), engaged(30, "blink"), confirm(45))
    log.visit("eve", search(0, "blink", hits=["blink"]), view(3, "blink"), engaged(13, "blink"))
    log.visit("ian", search(5 * MINUTE, '=HYPERLINK("http://evil")<script>alert(1)</script>'))
    return log


@pytest.mark.parametrize("page", PAGES)
def test_the_report_is_for_agents_only(client: TestClient, page: str) -> None:
    assert client.get(page).headers["location"].startswith("/sign-in")
    assert signed_in(client, "ann@example.org", "customer").get(page).status_code == 404
    assert client.post(page).status_code == 405


def test_the_page_says_how_many_events_were_dropped(busy: Log, agent: TestClient) -> None:
    assert "not recorded" not in agent.get(f"{URL}?{MARCH}").text
    with busy.database.write() as session:
        count_events(session, date(2026, 3, 31), Counts(dropped_address=1200, dropped_day=34))
    assert "1,234 events were not recorded" in agent.get(f"{URL}?{MARCH}").text


def test_reports_lead_to_the_one_there_is(agent: TestClient) -> None:
    assert agent.get("/desk/reports").headers["location"] == URL


def test_without_visits_the_page_says_when_figures_will_appear(agent: TestClient) -> None:
    page = agent.get(URL).text
    assert "No visits to count yet" in page
    assert "24 hours after the first visit" in page


def test_with_immature_visits_only_the_page_names_the_day(client: TestClient, agent: TestClient) -> None:
    client.get("/requests/new")
    client.post("/events", json={"kind": "script_ran"})
    client.app.state.recorder.flush()
    page = agent.get(URL).text
    assert "1 visit so far" in page
    assert "The first figures appear on" in page


def test_one_of_a_thing_is_written_as_one(client: TestClient, agent: TestClient) -> None:
    log = Log(client.app.state.database)
    log.visit("ann", search(0, "invoice copy"), form(10), sent(70, 1))
    log.ticket(70, "ann", visit="visit-ann", visitor="ann")
    words = re.sub(r"<[^>]*>", "", agent.get(f"{URL}?{MARCH}").text)
    assert "How 1 visit ended" in words
    assert "0 of 1 visit that opened the form" in words
    assert "1 visit per 1 requester" in words
    assert re.findall(r"\b1 (?:\w+ )?(?:visits|tickets|searches|requesters|votes|readings|events|days)\b", words) == []


def test_the_headline_stands_beside_its_floor(busy: Log, agent: TestClient) -> None:
    page = agent.get(f"{URL}?{MARCH}").text
    assert re.findall(r'class="figure[^"]*">([^<]*)<', page) == ["50%", "50%"]
    assert "1 of 2 visits that opened the form" in page
    assert "not measured" in page, "there is no lift without a holdout"


def test_each_rung_opens_the_visits_behind_it(busy: Log, agent: TestClient) -> None:
    page = agent.get(f"{URL}?{MARCH}").text
    for outcome, words in (("ticket", "invoice copy"), ("confirmed", "this solved it"), ("read_and_left", "blink"), ("gave_up", "HYPERLINK")):
        assert f"{URL}/visits?{MARCH}&outcome={outcome}".replace("&", "&amp;") in page
        drilldown = agent.get(f"{URL}/visits?{MARCH}&outcome={outcome}").text
        assert "<h1>1 visit</h1>" in drilldown
        assert words in drilldown


def test_each_figure_stands_beside_that_of_the_period_before(busy: Log, agent: TestClient) -> None:
    for number in range(40):
        busy.visit(f"later{number}", form(40 * DAY + number), engaged(40 * DAY + number + 30, "blink"), confirm(40 * DAY + number + 45))
    page = agent.get(f"{URL}?from=2026-04-01&to=2026-05-01").text
    assert "Before: 50%, 1 of 2 visits that opened the form" in page
    assert f'href="{URL}?from=2026-03-01&amp;to=2026-03-31"' in page
    was = dict(re.findall(r'<th scope="row">(?:<a [^>]*>)?([^<]+)<.*?data-label="Before">(.*?)</td>', page, re.DOTALL))
    assert was["Self-service, at least"] == '25% <span class="soft small">higher now</span>'
    assert was["Gave up"] == '25% <span class="soft small">lower now</span>'
    assert was["Sent a request"] == "25%", "a rung of the ladder says no more"
    assert was["Tickets"] == "1"


def test_a_first_period_is_compared_with_nothing(busy: Log, agent: TestClient) -> None:
    page = agent.get(f"{URL}?{MARCH}").text
    assert "nothing to compare with. No visits count from 29 January 2026 to 28 February 2026" in page
    assert ">Before<" not in page


def test_a_figure_that_is_no_rate_opens_its_visits_too(busy: Log, agent: TestClient) -> None:
    busy.visit("uma", search(20 * MINUTE, "printer", hits=["blink"], degraded=True))
    page = agent.get(f"{URL}?{MARCH}").text
    for name, drilldown, visits in (
        ("Steps before the form", "form=1", 2),
        ("Tickets saved", "outcome=confirmed", 1),
        ("During an outage", "search=degraded", 1),
    ):
        assert f'{URL}/visits?{MARCH}&{drilldown}">{name}</a>'.replace("&", "&amp;") in page, name
        assert f"<h1>{visits} visit" in agent.get(f"{URL}/visits?{MARCH}&{drilldown}").text
    looked_first = page.partition("Searched first")[2].partition("</tr>")[0]
    assert 'href="/desk/tickets/1"' in looked_first


def test_what_was_typed_is_shown_as_text(busy: Log, agent: TestClient) -> None:
    for page in (f"{URL}?{MARCH}", f"{URL}/visits?{MARCH}", f"{URL}/visits?{MARCH}&query=%3Cscript%3E"):
        assert "<script>alert" not in agent.get(page).text
        assert "<script>" not in agent.get(page).text.replace('<script src="', "")


def test_every_linked_list_holds_as_many_visits_as_its_figure_counts(busy: Log, agent: TestClient) -> None:
    page = agent.get(f"{URL}?{MARCH}").text
    link, cell = r'<th scope="row"><a href="([^"]+outcome[^"]+)">[^<]+</a></th>', r'\s*<td class="number"[^>]*>[^<]*</td>\s*<td[^>]*>([\d,]+) of'
    rows = re.findall(link + cell, page)
    assert len(rows) == 5
    for url, count in rows:
        assert f"<h1>{count} visit" in agent.get(url.replace("&amp;", "&")).text


def test_searches_without_an_answer_can_be_tried_and_traced(busy: Log, agent: TestClient) -> None:
    page = agent.get(f"{URL}?{MARCH}").text
    assert 'href="/search?q=invoice%20copy"' in page
    assert 'href="/desk/tickets/1"' in page
    assert "<h1>1 visit</h1>" in agent.get(f"{URL}/visits?{MARCH}&query=copies+of+the+invoice").text


def test_a_long_list_of_visits_has_a_second_page(busy: Log, agent: TestClient) -> None:
    for number in range(20):
        busy.visit(f"more{number}", search(10 * MINUTE, "warp"))
    address = f"{URL}/visits?{MARCH}&outcome=gave_up"
    first = agent.get(address).text
    assert "<h1>21 visits</h1>" in first
    [older] = re.findall(r'href="([^"]+)">Older visits<', first)
    second = agent.get(older.replace("&amp;", "&")).text
    assert (first.count('class="visit"'), second.count('class="visit"')) == (20, 1)
    assert "HYPERLINK" in second, "the oldest comes last"
    assert "Older visits" not in second
    assert "No older visits" in agent.get(f"{address}&before=1000-x").text


def test_pages_of_visits_hold_each_visit_once_though_many_began_at_once(busy: Log, agent: TestClient) -> None:
    for number in range(55):
        busy.visit(f"twin{number:02}", search(10 * MINUTE + number // 30, f"query {number:02}"))
    address, seen = f"{URL}/visits?{MARCH}&outcome=gave_up&search=no_result", []
    while address:
        page = agent.get(address).text
        seen += re.findall(r"<q>query (\d\d)</q>", page)
        address = next(iter(re.findall(r'href="([^"]+)">Older visits<', page)), "").replace("&amp;", "&")
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) == 55


@pytest.mark.parametrize(
    "query",
    [
        "from=yesterday",
        "to=2026-02-30",
        "from=2026-03-02&to=2026-03-01",
        "from=1000-01-01",
        "from=0001-01-01&to=0001-01-02",
        "from=9999-12-29&to=9999-12-30",
        "to=9999-12-31",
        "from=%00",
    ],
)
def test_impossible_dates_are_explained(agent: TestClient, query: str) -> None:
    answer = agent.get(f"{URL}?{query}")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert agent.get(f"{URL}/visits?{query}").status_code == 400
    assert agent.get(f"{URL}/figures.csv?{query}").status_code == 400


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("outcome=nothing", 400),
        ("search=all", 400),
        ("before=", 404),
        ("before=x", 404),
        ("before=-1-x", 404),
        ("before=%C2%B2-x", 404),
        ("before=999999999999999999-x", 404),
        ("before=99999999999999999-x", 200),
        ("before=1-aaaaaaaaaaaaaaaa", 404),
        ("before=1-%00", 404),
    ],
)
def test_impossible_selections_are_refused(agent: TestClient, query: str, status: int) -> None:
    assert agent.get(f"{URL}/visits?{query}").status_code == status


def test_the_figures_as_a_file(busy: Log, agent: TestClient) -> None:
    answer = agent.get(f"{URL}/figures.csv?{MARCH}")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "deflection-2026-03-01-2026-03-31.csv" in answer.headers["content-disposition"]
    rows = {row["figure"]: row for row in csv.DictReader(StringIO(answer.content.decode("utf-8-sig")))}
    assert (rows["form_deflection_rate"]["value"], rows["form_deflection_rate"]["of"]) == ("0.5", "2")
    assert rows["deflection_lift"]["value"] == ""
    assert rows["from"]["value"] == "2026-03-01T00:00:00Z"


@pytest.mark.parametrize("name", ["figures.csv", "searches.csv"])
def test_files_begin_with_one_byte_order_mark_so_that_spreadsheets_read_umlauts(busy: Log, agent: TestClient, name: str) -> None:
    busy.visit("uwe", search(6 * MINUTE, "größere Schlüssel"))
    body = agent.get(f"{URL}/{name}?{MARCH}").content
    assert body.startswith(b"\xef\xbb\xbf")
    assert body.count(b"\xef\xbb\xbf") == 1
    assert name == "figures.csv" or "größere Schlüssel" in body.decode("utf-8-sig")


def test_a_bar_is_as_long_as_its_share_of_a_full_track(busy: Log, agent: TestClient) -> None:
    page = agent.get(f"{URL}?{MARCH}").text
    shares = re.findall(r'data-label="Share">(\d+)%</td>', page)
    widths = re.findall(r'class="fill" width="([\d.]+)"', page)
    assert shares == ["25", "25", "0", "25", "25"]
    assert [float(width) for width in widths] == [25, 25, 0, 25, 25]
    assert "confidence: between 9% and 91%" in page


def test_percentages_are_written_as_in_the_language_of_the_page(busy: Log, agent: TestClient) -> None:
    english = agent.get(f"{URL}?{MARCH}").text
    german = agent.get(f"{URL}?{MARCH}", headers={"accept-language": "de"}).text
    assert re.findall(r"\d[ \u00a0]%", english) == []
    assert re.findall(r"\d ?%", re.sub(r"<[^>]*>", " ", german)) == [], "German puts a space that does not break before the sign"
    assert 'data-label="Anteil">25\u00a0%</td>' in german
    assert "zwischen 9\u00a0% und 91\u00a0%" in german


def test_the_steps_of_a_visit_are_said_in_the_language_of_the_page(busy: Log, agent: TestClient) -> None:
    slug = {"slug": "blink"}
    busy.visit(
        "vera", (600, "article_view", slug), (630, "article_engaged", slug), (640, "vote", slug | {"value": "no"}), (650, "vote", slug | {"value": "yes"})
    )
    address = f"{URL}/visits?{MARCH}&article=blink"
    german = agent.get(address, headers={"accept-language": "de"}).text
    assert "<span>Lesen" not in german
    steps = ["Hat geöffnet", "Hat gelesen", "Fand nicht hilfreich", "Fand hilfreich"]
    assert [step for step in steps if f"<span>{step}" in german] == steps
    english = agent.get(address).text
    assert "Found not helpful" in english
    assert [raw for page in (english, german) for raw in ("(<bdi>no</bdi>)", "(<bdi>yes</bdi>)") if raw in page] == []


def test_what_to_write_next_stands_above_the_tables(busy: Log, agent: TestClient) -> None:
    top = agent.get(f"{URL}?{MARCH}").text.partition("How 4 visits ended")[0]
    assert "invoice copy: 1 search without an answer, 1 request" in re.sub(r"<[^>]*>", "", top)


def test_the_headline_is_drawn_by_week_with_its_numbers_beside(busy: Log, agent: TestClient) -> None:
    busy.visit("zoe", form(8 * DAY), engaged(8 * DAY + 30, "blink"))
    page = agent.get(f"{URL}?{MARCH}").text
    chart = page.partition('class="trend-chart"')[2].partition("</svg>")[0]
    assert "<title" in chart
    assert [label for label in ("0%", "50%", "100%") if f">{label}<" in chart] == ["0%", "50%", "100%"]
    assert chart.count('class="dot main"') == chart.count('class="dot floor"') == 2
    table = page.partition("Show the numbers")[2].partition("</table>")[0]
    assert "1 of 2" in table
    assert "1 of 1" in table


def test_a_query_is_no_formula_in_a_spreadsheet(busy: Log, agent: TestClient) -> None:
    rows = list(csv.reader(StringIO(agent.get(f"{URL}/searches.csv?{MARCH}").text)))
    assert rows[1][0] == "invoice copy"
    assert rows[2][0].startswith("'=HYPERLINK")


@pytest.mark.parametrize("separator", [";", "\t", "; ", "\n"])
def test_no_formula_begins_behind_another_separator(separator: str) -> None:
    [[cell, words]] = list(csv.reader(StringIO(as_csv([(f"a{separator}=1+1", "a; b-c")]).removeprefix("\ufeff"), newline="")))
    assert cell == f"a{separator}'=1+1"
    assert words == "a; b-c"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " =", "\n@", "\u00a0-", "\u200b=", "\ufeff+", "＝", "＋", "－", "＠"])
def test_every_start_of_a_formula_is_guarded(start: str) -> None:
    [[cell, number]] = list(csv.reader(StringIO(as_csv([(f"{start}1", -1)]).removeprefix("\ufeff"), newline="")))
    assert (cell, number) == (f"'{start}1", "-1")
