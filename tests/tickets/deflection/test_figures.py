"""One scripted fortnight, every figure computed by hand."""

import json
from datetime import timedelta

import pytest

from tests.tickets.deflection.script import DAY, HOUR, NOON, Log, click, confirm, engaged, form, left_form, search, sent, view, vote
from tickets.deflection.figures.rates import Rate, wilson
from tickets.models import TicketArticle


@pytest.fixture
def fortnight(log: Log) -> Log:
    """Ten mature visits: 3 tickets, 2 confirmed, 1 form left after reading, 2 read and left, 2 gave up; 6 of them opened the form."""
    log.visit("t1", search(0, "reset board", hits=["reset", "blink"]), click(5, "reset", 1), view(5, "reset"), engaged(20, "reset"), form(40), sent(90, 1))
    log.ticket(90, "t1", visit="visit-t1", visitor="t1")
    log.visit("t2", search(0, "invoice copy"), form(10), sent(70, 2))
    log.ticket(70, "t2", visit="visit-t2", visitor="t2")
    log.visit("t3", search(0, "copy of an invoice"), search(40, "billing address", hits=["billing"]), left_form(60), user="t3")
    log.ticket(6 * HOUR, "t3", via="email")
    log.visit("c1", form(0), engaged(30, "blink"), confirm(45), vote(50, "blink", "yes"))
    log.visit("c2", search(0, "blink led", hits=["wifi", "blink"]), click(4, "blink", 2), engaged(20, "blink"), form(30), confirm(50), user="c2")
    log.ticket(3 * DAY, "c2", via="email")
    log.visit("l1", form(0), engaged(25, "wifi"), left_form(60))
    log.visit("r1", search(0, "wifi", hits=["wifi"]), click(3, "wifi", 1), engaged(15, "wifi"), vote(20, "wifi", "no"))
    log.visit("r2", view(0, "wifi"), engaged(11, "wifi"), vote(12, "wifi", "no"), vote(15, "wifi", "yes"))
    log.visit("g1", search(0, "warp drive", locale="de"))
    log.visit("g2", form(0), left_form(30))
    log.ticket(HOUR, "stranger", via="email")
    return log


def test_the_ladder_and_its_rates(fortnight: Log) -> None:
    visits = fortnight.report().visits
    assert visits.outcomes == {"ticket": 3, "confirmed": 2, "form_left_after_reading": 1, "read_and_left": 2, "gave_up": 2}
    assert visits.form_outcomes == {"ticket": 2, "confirmed": 2, "form_left_after_reading": 1, "read_and_left": 0, "gave_up": 1}
    assert (visits.visits, visits.form_visits) == (10, 6)
    assert visits.form_deflection == Rate(3, 6)
    assert visits.confirmed_form_deflection == Rate(2, 6)
    assert visits.self_service_least == Rate(2, 10)
    assert visits.self_service_most == Rate(5, 10)
    assert visits.gave_up == Rate(2, 10)
    assert visits.recontact == Rate(1, 5)
    # Before the form: t1 searched and viewed, t2 and c2 searched, c1, l1 and g2 came straight to it.
    assert visits.steps_before_form == 0.5


def test_the_figures_of_searching(fortnight: Log) -> None:
    searches = fortnight.report().searches
    # reset board, invoice copy, copy of an invoice, billing address, blink led, wifi, warp drive.
    assert searches.intents == 7
    assert searches.no_result == Rate(3, 7)
    assert searches.no_click == Rate(1, 4)
    assert searches.click_through == Rate(3, 4)
    assert searches.mean_click_position == (1 + 2 + 1) / 3
    assert searches.refinement == Rate(1, 7)
    assert searches.to_ticket == Rate(4, 7)
    assert searches.by_locale["de"].no_result == Rate(1, 1)
    assert searches.by_locale["en"].no_result == Rate(2, 6)
    assert searches.by_locale["de"].no_click.value is None


def test_searches_without_an_answer_are_gathered_with_the_tickets_they_caused(fortnight: Log) -> None:
    first, second = fortnight.report().searches.top_unanswered
    assert (first.query, first.wordings, first.searches, first.no_hits) == ("copy of an invoice", 2, 2, 2)
    assert first.tickets == (2, 3)
    assert first.to_ticket == Rate(2, 2)
    assert (second.query, second.tickets) == ("warp drive", ())


def test_the_figures_of_tickets(fortnight: Log) -> None:
    tickets = fortnight.report().tickets
    assert (tickets.tickets, tickets.requesters) == (5, 5)
    # Filed in a visit: t1, t2. By requester: t3 and c2 by mail. The stranger was never seen.
    assert (tickets.tied_by_visit, tickets.tied_by_requester, tickets.untied) == (2, 2, 1)
    # c2 wrote three days after searching: too late to count as looking first.
    assert tickets.knowledge_first == Rate(3, 4)


def test_the_figures_of_articles(fortnight: Log) -> None:
    report = fortnight.report()
    articles = {article.slug: article for article in report.articles}
    assert articles["blink"].helpful == Rate(1, 1)
    assert articles["wifi"].helpful == Rate(1, 2), "one visitor's second vote replaces the first"
    assert articles["wifi"].helpful_rank is None, "two votes rank nothing"
    assert articles["reset"].ticket_after_view == Rate(1, 1)
    assert report.ticket_after_view_mean == Rate(1, 6)


def test_what_was_saved_is_what_was_confirmed(fortnight: Log) -> None:
    assert fortnight.report().tickets_saved == 2
    assert fortnight.report().cost_saved is None
    assert fortnight.report(cost=12.5).cost_saved == 25.0
    assert fortnight.report().self_service_score == 10 / 5
    assert fortnight.report().to_json()["deflection_lift"] is None


def test_a_report_as_json_says_what_each_rate_was_counted_from(fortnight: Log) -> None:
    body = json.loads(json.dumps(fortnight.report().to_json()))
    assert body["definitions"] == "2"
    assert body["visits"]["form_deflection"] == {
        "value": 0.5,
        "count": 3,
        "of": 6,
        "low": pytest.approx(0.1876, abs=1e-4),
        "high": pytest.approx(0.8124, abs=1e-4),
    }
    assert body["as_of"] == "2026-04-01T12:00:00Z"


def test_without_visits_every_rate_is_unknown_and_nothing_fails(log: Log) -> None:
    report = log.report()
    assert report.visits.form_deflection.value is None
    assert report.visits.self_service_most.low is None
    assert report.self_service_score is None
    assert report.searches.mean_click_position is None
    assert report.visits.first_matures_at is None


def test_searches_during_an_outage_are_counted_apart(log: Log) -> None:
    log.visit("ann", search(0, "blink", degraded=True))
    log.visit("bob", search(0, "wifi", hits=["wifi"]))
    searches = log.report().searches
    assert (searches.intents, searches.degraded) == (1, 1)
    assert searches.no_result == Rate(0, 1)
    assert searches.top_unanswered == ()


def test_a_hit_chosen_while_typing_is_an_intent_that_no_rate_counts(log: Log) -> None:
    log.visit("ann", click(0, "blink", 1, "blin"))
    report = log.report()
    assert report.visits.visits == 1
    assert (report.searches.intents, report.searches.while_typing) == (0, 1)


def test_without_javascript_viewing_a_listed_article_is_the_click(log: Log) -> None:
    log.visit("ann", search(0, "blink", hits=["wifi", "blink"]), view(5, "blink"), view(50, "wifi"))
    searches = log.report().searches
    assert searches.click_through == Rate(1, 1)
    assert searches.mean_click_position == 2


def test_ten_votes_rank_an_article_by_the_lower_bound(log: Log) -> None:
    for number in range(20):
        log.visit(f"a{number}", view(0, "sure"), vote(1, "sure", "yes"), vote(1, "half", "yes" if number % 2 else "no"))
    for number in range(10):
        log.visit(f"b{number}", view(0, "young"), vote(1, "young", "yes"))
    ranks = {article.slug: article.helpful_rank for article in log.report().articles}
    assert ranks == {"sure": 1, "young": 2, "half": 3}


def test_a_solved_ticket_was_avoidable_when_its_linked_article_had_been_viewed_before(log: Log) -> None:
    log.visit("reader", view(0, "old"), view(9 * HOUR, "new"))
    for slug in ("old", "new", "unseen"):
        ticket = log.ticket(HOUR, slug, status="solved", solved_at=NOON + timedelta(hours=2))
        with log.database.write() as session:
            session.add(TicketArticle(ticket_id=ticket, relation="linked", slug=slug, title=slug, created_at=NOON))
    log.ticket(HOUR, "nolink", status="solved", solved_at=NOON + timedelta(hours=2))
    log.ticket(HOUR, "open", status="open")
    assert log.report().tickets.avoidable == Rate(1, 4)


def test_wilsons_interval_is_the_published_one() -> None:
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)


def test_the_same_question_has_the_same_answer(fortnight: Log) -> None:
    assert fortnight.report() == fortnight.report()
