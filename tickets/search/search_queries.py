"""Asking the index of tickets, always through what somebody may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Integer, MetaData, Table, and_, cast, false, func, literal, literal_column, or_, select
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.orm import Session

from tickets.access import Actor, comments_visible_to, may_read_notes, select_tickets
from tickets.models import Comment, Ticket
from tickets.search.index_queries import PUBLIC, STAFF, is_sqlite, match_query
from tickets.search.query_words import QueryWords, name_words

MOST_RANKED = 1000
"""The newest tickets with the words are put in order; a list that goes on for ever helps nobody find one."""
_BM25 = "bm25({table}, 8.0, 6.0, 6.0, 1.0)"
_PG_WEIGHTS = "{0.1, 0.6, 0.6, 0.8}"
_META = MetaData()
_FTS = {name: Table(name, _META, Column("rowid", Integer, primary_key=True)) for name in (PUBLIC, STAFF)}
_VECTORS = {name: Table(f"{name}", MetaData(), Column("ticket_id", Integer, primary_key=True), Column("vector", TSVECTOR)) for name in (PUBLIC, STAFF)}
MOST_MESSAGES = 500


@dataclass(frozen=True, slots=True)
class Found:
    """A ticket that has all the words; a higher score is better."""

    ticket_id: int
    score: float


def ranked(session: Session, words: QueryWords, actor: Actor, conditions: Sequence[ColumnElement[bool]]) -> list[Found]:
    """Return the newest tickets that have all the words and meet the conditions, best first, at most 1,000."""
    if not words.words:
        return []
    scores: dict[int, float] = {}
    for table in _tables(actor):
        for ticket_id, score in session.execute(_ranking(session, table, words, actor, conditions)):
            scores[ticket_id] = max(score, scores.get(ticket_id, score))
    newest = sorted(scores, reverse=True)[:MOST_RANKED]
    return sorted((Found(number, scores[number]) for number in newest), key=lambda one: (-one.score, -one.ticket_id))


def has_words(session: Session, words: QueryWords, actor: Actor) -> ColumnElement[bool]:
    """Return the condition for a ticket to have all the words; for none where there are none."""
    if not words.words:
        return false()
    return or_(*(_is_in(session, table, match_query(words.words, is_fts5=is_sqlite(session))) for table in _tables(actor)))


def is_from(session: Session, name: str) -> ColumnElement[bool]:
    """Return the condition for the requester to have words that begin so in their name or address."""
    words = name_words(name)
    return _is_in(session, PUBLIC, match_query(words, is_fts5=is_sqlite(session), column="people")) if words else false()


def messages_of(session: Session, ticket_ids: Sequence[int], actor: Actor) -> Sequence[tuple[int, str, bool]]:
    """Return (ticket, text, is public) of the tickets' messages that `actor` may read, oldest first, at most 500."""
    statement = select(Comment.ticket_id, Comment.body, Comment.is_public).where(Comment.ticket_id.in_(ticket_ids), comments_visible_to(actor))
    return [(row[0], row[1], row[2]) for row in session.execute(statement.order_by(Comment.id).limit(MOST_MESSAGES))]


def _tables(actor: Actor) -> tuple[str, ...]:
    return (PUBLIC, STAFF) if may_read_notes(actor) else (PUBLIC,)


def _ranking(session: Session, table: str, words: QueryWords, actor: Actor, conditions: Sequence[ColumnElement[bool]]) -> Any:
    if is_sqlite(session):
        # In the order of the index nothing is sorted, so only what is returned is scored.
        index = _FTS[table]
        score: ColumnElement[float] = literal_column(f"-{_BM25.format(table=table)}")
        matches = literal_column(table).op("MATCH")(match_query(words.words, is_fts5=True))
        statement = select_tickets(actor, Ticket.id, score).select_from(index.join(Ticket, Ticket.id == index.c.rowid))
        return statement.where(matches, *conditions).order_by(index.c.rowid.desc()).limit(MOST_RANKED)
    vectors = _VECTORS[table]
    asked = cast(literal(match_query(words.words, is_fts5=False)), TSQUERY)
    newest = select_tickets(actor, Ticket.id.label("id")).select_from(vectors.join(Ticket, Ticket.id == vectors.c.ticket_id))
    newest_ids = newest.where(vectors.c.vector.op("@@")(asked), *conditions).order_by(Ticket.id.desc()).limit(MOST_RANKED).subquery()
    rank = func.ts_rank(literal_column(f"CAST('{_PG_WEIGHTS}' AS float4[])"), vectors.c.vector, asked)
    return select(newest_ids.c.id, rank).select_from(newest_ids.join(vectors, vectors.c.ticket_id == newest_ids.c.id))


def _is_in(session: Session, table: str, question: str) -> ColumnElement[bool]:
    if is_sqlite(session):
        return Ticket.id.in_(select(_FTS[table].c.rowid).where(literal_column(table).op("MATCH")(question)))
    vectors = _VECTORS[table]
    return Ticket.id.in_(select(vectors.c.ticket_id).where(and_(vectors.c.vector.op("@@")(cast(literal(question), TSQUERY)))))
