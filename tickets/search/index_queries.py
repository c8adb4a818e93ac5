"""The index of tickets in the database: FTS5 tables on SQLite, tsvector on PostgreSQL.

`ticket_words` holds what everybody who sees a ticket may read. Tickets with internal notes are in `staff_words` as well, with their notes:
notes touch neither rank nor count for people who may not read them.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from tickets.search.index_text import MAX_MESSAGES_CHARS, IndexText

PUBLIC, STAFF = "ticket_words", "staff_words"
TABLES = (PUBLIC, STAFF)
COLUMNS = ("subject", "people", "tags", "messages")
WEIGHTS = dict(zip(COLUMNS, "ABCD", strict=True))
MOST_LEXEMES = 16_000


def is_sqlite(session: Session) -> bool:
    """Return whether the index is one of SQLite's."""
    return session.get_bind().dialect.name == "sqlite"


def store(session: Session, table: str, ticket_id: int, row: IndexText) -> None:
    """Store the row of a ticket that has none."""
    values = {"id": ticket_id, "subject": row.subject, "people": row.people, "tags": row.tags, "messages": row.messages}
    if is_sqlite(session):
        statement = f"INSERT INTO {table} (rowid, subject, people, tags, messages) VALUES (:id, :subject, :people, :tags, :messages)"  # noqa: S608
    else:
        values["vector"] = " ".join(filter(None, (vector(getattr(row, name), WEIGHTS[name]) for name in COLUMNS)))
        statement = (
            f"INSERT INTO {table} (ticket_id, subject, people, tags, messages, vector)"  # noqa: S608
            " VALUES (:id, :subject, :people, :tags, :messages, CAST(:vector AS tsvector))"
        )
    session.connection().execute(text(statement), values)


def replace(session: Session, table: str, ticket_id: int, row: IndexText | None) -> None:
    """Store the row of a ticket in the place of an earlier one; without `row` only take the earlier one away."""
    key = "rowid" if is_sqlite(session) else "ticket_id"
    session.connection().execute(text(f"DELETE FROM {table} WHERE {key} = :id"), {"id": ticket_id})  # noqa: S608
    if row is not None:
        store(session, table, ticket_id, row)


def append_message(session: Session, ticket_id: int, stems: str, *, is_public: bool) -> None:
    """Add a message to the ticket's rows; a note only to the one for staff, which begins as a copy of the other."""
    if not stems:
        return
    if not is_public:
        session.connection().execute(_copy_statement(is_sqlite(session)), {"id": ticket_id})
    for table in TABLES if is_public else (STAFF,):
        values = {"id": ticket_id, "words": stems, "size": len(stems), "most": MAX_MESSAGES_CHARS}
        if is_sqlite(session):
            fits = "length(messages) + :size <= :most"
            statement = f"UPDATE {table} SET messages = ltrim(messages || ' ' || :words) WHERE rowid = :id AND {fits}"  # noqa: S608
        else:
            values["vector"] = vector(stems, WEIGHTS["messages"])
            statement = (
                f"UPDATE {table} SET messages = ltrim(messages || ' ' || :words), vector = vector || CAST(:vector AS tsvector)"  # noqa: S608
                " WHERE ticket_id = :id AND length(messages) + :size <= :most"
            )
        session.connection().execute(text(statement), values)


def set_tags(session: Session, ticket_id: int, tags: str) -> None:
    """Store the ticket's tags in its rows."""
    for table in TABLES:
        if is_sqlite(session):
            session.connection().execute(text(f"UPDATE {table} SET tags = :tags WHERE rowid = :id"), {"id": ticket_id, "tags": tags})  # noqa: S608
        else:
            statement = (
                f"UPDATE {table} SET tags = :tags, vector = ts_filter(vector, '{{a,b,d}}') || CAST(:vector AS tsvector)"  # noqa: S608
                " WHERE ticket_id = :id"
            )
            session.connection().execute(text(statement), {"id": ticket_id, "tags": tags, "vector": vector(tags, WEIGHTS["tags"])})


def stored(session: Session, table: str, ticket_ids: Sequence[int]) -> dict[int, IndexText]:
    """Return number of each ticket → its row."""
    key = "rowid" if is_sqlite(session) else "ticket_id"
    numbers = ", ".join(str(int(number)) for number in ticket_ids)
    statement = f"SELECT {key}, subject, people, tags, messages FROM {table} WHERE {key} IN ({numbers or 'NULL'})"  # noqa: S608
    return {row[0]: IndexText(*row[1:]) for row in session.execute(text(statement))}


def delete_orphans(session: Session) -> int:
    """Delete the rows of tickets that are gone, and return how many there were."""
    if not is_sqlite(session):
        return 0  # a foreign key does it
    found = [(table, row[0]) for table in TABLES for row in session.execute(text(f"SELECT id FROM {table}_docsize WHERE id NOT IN (SELECT id FROM tickets)"))]  # noqa: S608
    for table, ticket_id in found:
        replace(session, table, ticket_id, None)
    return len(found)


def vector(stems: str, weight: str) -> str:
    """Return words as PostgreSQL reads a tsvector, each once, with a weight."""
    lexemes: Iterable[str] = list(dict.fromkeys(stems.split()))[:MOST_LEXEMES]
    return " ".join(f"{_quoted(lexeme)}:1{weight}" for lexeme in lexemes)


def match_query(words: Sequence[tuple[Sequence[str], str]], *, is_fts5: bool, column: str = "") -> str:
    """Return the question for all of `words`, each its stems of which one must be there, or a beginning; for one column or all."""
    if is_fts5:
        groups = [" OR ".join([*(f'"{one}"' for one in stems), *([f'"{prefix}"*'] if prefix else [])]) for stems, prefix in words]
        joined = " AND ".join(f"({group})" for group in groups)
        return f"{{{column}}} : ({joined})" if column else joined
    mark = WEIGHTS.get(column, "")
    suffix = f":{mark}" if mark else ""
    groups = [" | ".join([*(f"{_quoted(one)}{suffix}" for one in stems), *([f"{_quoted(prefix)}:*{mark}"] if prefix else [])]) for stems, prefix in words]
    return " & ".join(f"({group})" for group in groups)


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def _copy_statement(is_fts5: bool) -> TextClause:
    if is_fts5:
        return text(
            f"INSERT INTO {STAFF} (rowid, subject, people, tags, messages) SELECT rowid, subject, people, tags, messages FROM {PUBLIC}"  # noqa: S608
            f" WHERE rowid = :id AND NOT EXISTS (SELECT 1 FROM {STAFF} WHERE rowid = :id)"
        )
    return text(
        f"INSERT INTO {STAFF} (ticket_id, subject, people, tags, messages, vector)"  # noqa: S608
        f" SELECT ticket_id, subject, people, tags, messages, vector FROM {PUBLIC} WHERE ticket_id = :id ON CONFLICT (ticket_id) DO NOTHING"
    )
