"""The report as CSV, for spreadsheets: UTF-8, ISO dates, and no cell that a spreadsheet would run."""

import csv
import re
from collections.abc import Iterable, Sequence
from io import SEEK_END, StringIO

from kb.web.templates import iso
from tickets.deflection.metrics.groups import metric_groups
from tickets.deflection.report import Report

Cell = str | int | float | None
FORMULA = re.compile(r"[\t\r]|[\s\u200b-\u200f\u2060-\u2069\ufeff]*[=+\-@＝＋－＠]")
INNER_FORMULA = re.compile(r"([;\t\r\n][\s\u200b-\u200f\u2060-\u2069\ufeff]*)(?=[=+\-@＝＋－＠])")


def figures_as_csv(report: Report) -> str:
    """Every figure with what it was counted from, then the ladder and what was left out."""
    rows: list[Sequence[Cell]] = [("figure", "value", "count", "of", "low_95", "high_95", "meaning")]
    for group in metric_groups(report):
        rows += [(line.key, line.number, line.count, line.of, line.low, line.high, line.meaning) for line in group.metrics]
    rows += [(f"visits_{outcome}", count, count, report.visits.visits, None, None, "") for outcome, count in report.visits.outcomes.items()]
    rows += [(f"left_out_{reason}", count, count, None, None, None, "") for reason, count in report.visits.left_out.items()]
    rows += [(name, text, None, None, None, None, "") for name, text in (("from", iso(report.start)), ("until", iso(report.end)), ("as_of", iso(report.as_of)))]
    return as_csv([*rows, ("definitions", report.definitions, None, None, None, None, "")])


def searches_as_csv(report: Report) -> str:
    """The searches without an answer, with the tickets they caused."""
    rows: list[Sequence[Cell]] = [("query", "wordings", "searches", "unanswered", "no_hits", "ended_in_ticket", "ticket_ids")]
    for search in report.searches.top_unanswered:
        ids = " ".join(map(str, search.tickets))
        rows.append((search.query, search.wordings, search.searches, search.unanswered, search.no_hits, search.to_ticket.count, ids))
    return as_csv(rows)


def as_csv(rows: Iterable[Sequence[Cell]]) -> str:
    """`rows` as CSV (RFC 4180), beginning with a byte order mark: without one Excel reads umlauts as other letters."""
    out = StringIO("\ufeff")
    out.seek(0, SEEK_END)
    csv.writer(out, lineterminator="\r\n").writerows([[_safe(cell) for cell in row] for row in rows])
    return out.getvalue()


def _safe(cell: Cell) -> Cell:
    """Text that a spreadsheet would take for a formula gets an apostrophe in front, also behind blanks and in wide letters (OWASP, CSV injection)."""
    if not isinstance(cell, str):
        return cell
    # Where lists are separated by semicolons, a spreadsheet begins a cell behind each.
    if FORMULA.match(cell):
        return f"'{cell[:1]}" + INNER_FORMULA.sub(r"\1'", cell[1:])
    return INNER_FORMULA.sub(r"\1'", cell)
