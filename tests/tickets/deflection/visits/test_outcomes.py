"""Scripted visits whose true outcome is known: every rung of the ladder, and everything that keeps a visit off it."""

from datetime import timedelta

from tests.tickets.deflection.script import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    Log,
    click,
    confirm,
    engaged,
    form,
    left_form,
    script,
    search,
    sent,
    view,
    vote,
    withdraw,
)
from tickets.deflection.figures.rates import Rate


def test_a_request_filed_in_the_visit_is_a_ticket_whatever_was_read(log: Log) -> None:
    log.visit("ann", search(0, "blink led", hits=["blink"]), view(5, "blink"), engaged(20, "blink"), form(40), sent(90, 1))
    log.ticket(90, "ann", visit="visit-ann", visitor="ann")
    assert log.outcomes() == {"ann": "ticket"}


def test_a_request_the_log_knows_but_the_tickets_lost_is_still_a_ticket(log: Log) -> None:
    log.visit("ann", form(0), sent(60, 1))
    assert log.outcomes() == {"ann": "ticket"}


def test_a_mail_by_the_same_requester_within_a_day_counts_against_the_visit(log: Log) -> None:
    log.visit("ann", view(0, "blink"), engaged(15, "blink"), user="ann")
    log.ticket(15 + DAY - 1, "ann", via="email")
    assert log.outcomes() == {"ann": "ticket"}


def test_a_mail_after_the_window_does_not(log: Log) -> None:
    log.visit("ann", view(0, "blink"), engaged(15, "blink"), user="ann")
    log.ticket(15 + DAY + 1, "ann", via="email")
    assert log.outcomes() == {"ann": "read_and_left"}


def test_a_mail_before_the_visit_does_not(log: Log) -> None:
    log.visit("ann", view(0, "blink"), engaged(15, "blink"), user="ann")
    log.ticket(-10, "ann", via="email")
    assert log.outcomes() == {"ann": "read_and_left"}


def test_somebody_elses_ticket_does_not(log: Log) -> None:
    log.visit("ann", view(0, "blink"), engaged(15, "blink"), user="ann")
    log.ticket(100, "bob", visit="visit-bob", visitor="bob")
    assert log.outcomes() == {"ann": "read_and_left"}


def test_a_browser_is_joined_to_its_requester_by_a_request_filed_months_before(log: Log) -> None:
    log.ticket(-60 * DAY, "ann", visit="old", visitor="ann")
    log.visit("ann", search(0, "blink"), left_form(30))
    log.ticket(HOUR, "ann", via="api")
    assert log.outcomes() == {"ann": "ticket"}


def test_a_second_visit_that_files_counts_against_the_first_too(log: Log) -> None:
    log.visit("ann", search(0, "blink", hits=["blink"]), engaged(20, "blink"))
    log.visit("ann", form(3 * HOUR), sent(3 * HOUR + 60, 1), visit="second")
    log.ticket(3 * HOUR + 60, "ann", visit="second", visitor="ann")
    report = log.report()
    assert report.visits.outcomes["ticket"] == report.visits.visits == 2


def test_this_solved_it_is_confirmed(log: Log) -> None:
    log.visit("ann", form(0), engaged(30, "blink"), confirm(40))
    assert log.outcomes() == {"ann": "confirmed"}


def test_this_solved_it_taken_back_is_no_success_whatever_was_read(log: Log) -> None:
    log.visit("ann", form(0), engaged(30, "blink"), confirm(40), withdraw(50))
    log.visit("bob", form(0), confirm(40), withdraw(50))
    log.visit("fay", form(0), confirm(40), withdraw(50), engaged(70, "wifi"), left_form(90))
    log.visit("gus", form(0), confirm(20, "wifi"), confirm(40), withdraw(50))
    assert set(log.outcomes().values()) == {"gave_up"}
    report = log.report()
    assert report.visits.form_deflection == Rate(0, 4)
    assert report.visits.self_service_most == Rate(0, 4)
    assert report.tickets_saved == 0


def test_this_solved_it_said_again_after_taking_it_back_is_confirmed(log: Log) -> None:
    log.visit("eve", form(0), confirm(40), withdraw(50), confirm(60))
    log.visit("ida", form(0), confirm(40), withdraw(50), confirm(60, "wifi"))
    assert log.outcomes() == {"eve": "confirmed", "ida": "confirmed"}


def test_this_solved_it_taken_back_in_a_later_visit_counts_back_to_the_first(log: Log) -> None:
    log.visit("ann", form(0), engaged(30, "blink"), confirm(40))
    log.visit("ann", withdraw(40 * MINUTE), left_form(41 * MINUTE), visit="later")
    assert log.report().visits.outcomes == {"ticket": 0, "confirmed": 0, "form_left_after_reading": 0, "read_and_left": 0, "gave_up": 2}
    log.visit("bob", form(0), engaged(30, "blink"), confirm(40))
    log.visit("bob", withdraw(40 * MINUTE, "wifi"), visit="of another article")
    log.visit("eve", form(0), confirm(40))
    log.visit("eve", withdraw(2 * DAY), visit="after the window")
    assert log.report().visits.outcomes["confirmed"] == 2


def test_a_ticket_after_this_solved_it_is_a_ticket(log: Log) -> None:
    log.visit("ann", form(0), engaged(30, "blink"), confirm(40), user="ann")
    log.ticket(5 * HOUR, "ann", via="email")
    assert log.outcomes() == {"ann": "ticket"}


def test_a_form_left_after_reading_needs_the_reading_after_the_form(log: Log) -> None:
    log.visit("ann", form(0), engaged(30, "blink"), left_form(60))
    log.visit("bob", engaged(0, "blink"), form(30), left_form(60))
    assert log.outcomes() == {"ann": "form_left_after_reading", "bob": "gave_up"}


def test_reading_and_leaving_without_the_form(log: Log) -> None:
    log.visit("ann", search(0, "blink", hits=["blink"]), view(4, "blink"), engaged(14, "blink"))
    assert log.outcomes() == {"ann": "read_and_left"}


def test_finding_nothing_clicking_nothing_or_leaving_the_form_is_giving_up(log: Log) -> None:
    log.visit("ann", search(0, "warp drive"))
    log.visit("bob", search(0, "blink", hits=["blink"]))
    log.visit("eve", form(0), left_form(20))
    assert log.outcomes() == {"ann": "gave_up", "bob": "gave_up", "eve": "gave_up"}


def test_a_glance_at_an_article_is_no_support_act(log: Log) -> None:
    log.visit("ann", view(0, "blink"))
    log.visit("bob", view(0, "blink"), vote(5, "blink", "yes"))
    assert log.outcomes() == {"ann": "no_support_act", "bob": "no_support_act"}


def test_without_javascript_ten_seconds_until_the_next_request_are_reading(log: Log) -> None:
    log.visit("ann", view(0, "blink"), view(12, "wifi"))
    log.visit("bob", view(0, "blink"), view(9, "wifi"))
    assert log.outcomes() == {"ann": "read_and_left", "bob": "no_support_act"}
    assert log.report().visits.inferred_readings == 1


def test_with_javascript_only_what_the_page_reported_is_reading(log: Log) -> None:
    log.visit("ann", view(0, "blink"), view(600, "wifi"), engaged(612, "wifi"))
    report = log.report()
    assert (report.visits.reported_readings, report.visits.inferred_readings) == (1, 0)


def test_a_visit_is_immature_until_its_window_has_passed(log: Log) -> None:
    log.visit("ann", search(0, "blink"))
    report = log.report(as_of=NOON + timedelta(days=1, seconds=-1))
    assert report.visits.left_out["immature"] == 1
    assert report.visits.visits == 0
    assert report.visits.first_matures_at == NOON + timedelta(days=1)
    assert log.report(as_of=NOON + timedelta(days=1)).visits.visits == 1


def test_what_happened_after_as_of_is_not_known(log: Log) -> None:
    log.visit("ann", search(0, "blink"), user="ann")
    log.ticket(2 * DAY, "ann")
    log.visit("ann", search(3 * DAY, "wifi"), visit="second")
    report = log.report(as_of=NOON + timedelta(days=1))
    assert (report.visits.visits, report.tickets.tickets) == (1, 0)


def test_staff_are_left_out_with_all_their_browsing(log: Log) -> None:
    log.person("agent", "agent")
    log.visit("desk", search(0, "blink"), user="agent")
    log.visit("desk", search(5 * HOUR, "wifi"), visit="not signed in")
    assert log.report().visits.left_out["staff"] == 2
    assert log.report().visits.visits == 0


def test_a_visit_with_a_thousand_events_is_a_machines(log: Log) -> None:
    log.visit("robot", *(search(second, f"{'x' * (second % 50)}", hits=["blink"]) for second in range(1001)))
    assert log.outcomes() == {"robot": "automated"}


def test_more_than_a_hundred_acts_in_a_minute_are_a_machines(log: Log) -> None:
    log.visit("robot", form(0), *(vote(number * 0.5, f"a{number}", "yes") for number in range(101)), confirm(55))
    log.visit("busy", form(0), *(click(number * 0.7, "blink", 1, "blink") for number in range(100)), engaged(80, "blink"))
    assert log.outcomes() == {"robot": "automated", "busy": "form_left_after_reading"}
    assert log.report().articles[0].slug == "blink", "a machine's votes are nobody's"


def test_without_a_sign_of_a_person_a_visit_is_none(log: Log) -> None:
    for name, steps in {
        "one page": [search(0, "warp drive", has_cookie=False)],
        "no cookies kept": [(0.0, "form_open", {"has_cookie": False})],
        "script": [search(0, "warp drive", has_cookie=False), script(1)],
        "second page": [search(0, "warp drive", has_cookie=False), search(40, "blink", has_cookie=True)],
        "back again": [search(0, "warp drive", has_cookie=True)],
        "filed": [(0.0, "form_open", {"has_cookie": False}), sent(50, 1)],
        "before cookies were noted": [search(0, "warp drive")],
    }.items():
        log.visit(name, *steps)
    assert [name for name, outcome in log.outcomes().items() if outcome == "unproven"] == ["no cookies kept", "one page"]
    assert log.report().visits.left_out["unproven"] == 2


def test_a_visit_whose_request_is_held_for_review_is_left_out_until_released(log: Log) -> None:
    log.visit("ann", form(0), engaged(20, "blink"), sent(60, 1))
    log.ticket(60, "ann", visit="visit-ann", visitor="ann", suspended_reason="too fast")
    assert log.outcomes() == {"ann": "held"}
    assert log.report().tickets.held == 1


def test_an_id_kept_beyond_half_an_hour_is_two_visits(log: Log) -> None:
    log.visit("ann", search(0, "blink"), engaged(30 * MINUTE, "blink"), visit="same")
    assert log.report().visits.visits == 1
    log.visit("bob", search(0, "blink"), engaged(30 * MINUTE + 1, "blink"), visit="same too")
    assert log.report().visits.outcomes == {"ticket": 0, "confirmed": 0, "form_left_after_reading": 0, "read_and_left": 2, "gave_up": 1}


def test_two_ids_within_half_an_hour_are_one_visit(log: Log) -> None:
    log.visit("ann", search(0, "blink"), visit="one")
    log.visit("ann", engaged(60, "blink"), visit="two")
    assert log.report().visits.visits == 1


def test_reloading_and_replaying_changes_no_figure(log: Log) -> None:
    log.visit("ann", search(0, "blink", hits=["blink"]), view(5, "blink"), engaged(20, "blink"), form(30), engaged(50, "blink"))
    once = log.report()
    again = [search(8, "blink", hits=["blink"]), view(10, "blink"), view(11, "blink"), engaged(21, "blink"), engaged(22, "blink"), form(31), form(32)]
    log.visit("ann", *again)
    twice = log.report()
    assert twice.visits.outcomes == once.visits.outcomes
    assert twice.searches.intents == once.searches.intents == 1
    assert twice.articles == once.articles


def test_a_visit_belongs_to_the_period_it_began_in(log: Log) -> None:
    log.visit("ann", search(12 * HOUR - 60, "blink"), engaged(12 * HOUR + 60, "blink"))
    first, second = log.report(days=1, from_day=0), log.report(days=1, from_day=1)
    assert (first.visits.outcomes["read_and_left"], second.visits.visits) == (1, 0)
