"""Lines for `_search.yml` from failed searches: what other words or an article helped with, honestly counted, and written nowhere."""

from datetime import timedelta

import yaml

from search.query.rules import SearchRules
from tests.tickets.deflection.script import LATER, MINUTE, NOON, Log, click, confirm, engaged, script, search
from tickets.deflection.synonym_suggestions import SynonymSuggestions, as_yaml, suggest_synonyms


def suggested(log: Log, rules: SearchRules | None = None, least: int = 2) -> SynonymSuggestions:
    with log.database.read() as session:
        start = NOON.replace(hour=0)
        return suggest_synonyms(session, start, start + timedelta(days=5), LATER, rules or SearchRules(), locale="en", least_visitors=least)


def reworded(log: Log, name: str, before: str, after: str) -> None:
    log.visit(name, script(0), search(1, before), search(30, after, hits=["track"]), click(40, "track", 1, after), engaged(60, "track"))


def lines(found: SynonymSuggestions) -> object:
    return yaml.safe_load(as_yaml(found))


def test_other_words_that_led_to_an_article_are_suggested_as_a_synonym(log: Log) -> None:
    reworded(log, "ann", "where is my parcel", "where is my shipment")
    reworded(log, "bob", "parcel late", "shipment late")
    found = suggested(log)
    assert lines(found) == {"synonyms": ["parcel -> shipment"]}
    assert [one.visitors for one in found.synonyms] == [2]
    assert (found.searches, found.failed, found.reworded, found.to_ticket) == (4, 2, 2, 0)


def test_what_one_visitor_did_is_not_suggested_however_often(log: Log) -> None:
    for at in (0, 7200, 14400):
        steps = script(at), search(at + 1, "parcel"), search(at + 30, "shipment", hits=["track"]), click(at + 40, "track", 1)
        log.visit("ann", *steps, visit=f"at-{at}")
    found = suggested(log)
    assert lines(found) is None
    assert "No line to suggest" in as_yaml(found)
    assert found.reworded == 3
    assert len(suggested(log, least=1).synonyms) == 1


def test_a_visit_that_ended_in_a_ticket_suggests_nothing_and_is_counted(log: Log) -> None:
    for name in ("ann", "bob"):
        reworded(log, name, "parcel", "shipment")
        log.ticket(5 * MINUTE, name, visit=f"visit-{name}", visitor=name)
    found = suggested(log)
    assert (found.synonyms, found.failed, found.to_ticket) == ((), 2, 2)


def test_an_article_that_solved_it_is_suggested_as_a_pin(log: Log) -> None:
    for name in ("ann", "bob"):
        log.visit(name, script(0), search(1, "no: parcel", hits=["other"], answered=False), engaged(60, "track"), confirm(90, "track"))
    found = suggested(log)
    assert lines(found) == {"pins": [{"query": "no parcel", "article": "track"}]}
    assert found.solved == 2


def test_words_that_stand_apart_or_are_too_many_are_no_name(log: Log) -> None:
    for name in ("ann", "bob"):
        reworded(log, name, "parcel for order lost", "shipment order")
    for name in ("cyd", "dan"):
        reworded(log, name, "red green blue yellow", "shipment")
    assert suggested(log).synonyms == ()


def test_a_later_search_for_something_else_is_no_other_name(log: Log) -> None:
    for name in ("ann", "bob"):
        log.visit(name, script(0), search(1, "parcel"), search(20 * MINUTE, "password", hits=["reset"]), click(20 * MINUTE + 9, "reset", 1))
    assert suggested(log).synonyms == ()


def test_what_the_site_says_already_is_not_suggested_again(log: Log) -> None:
    for name in ("ann", "bob"):
        reworded(log, name, "parcel", "shipment")
    assert suggested(log, SearchRules(synonyms={("parcel",): (("shipment",),)})).synonyms == ()


def test_typed_text_stays_text_in_the_lines(log: Log) -> None:
    for name in ("ann", "bob"):
        reworded(log, name, 'yes" -> [x]: \n# null', "shipment")
    assert lines(suggested(log)) == {"synonyms": ["x null -> shipment"]}
