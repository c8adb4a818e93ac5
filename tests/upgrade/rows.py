"""The rows of a database as they are stored, whatever the code makes of them."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

from sqlalchemy import Connection, inspect

from kb.db import Database

Row = dict[str, Any]
Tables = dict[str, list[Row]]


def read(url: str) -> Tables:
    """Every table's rows, in one order whenever they are the same."""
    with closing(Database(url)) as database, database.engine.connect() as connection:
        return {name: _rows(connection, name) for name in inspect(connection).get_table_names() if name != "alembic_version"}


def changed(before: Tables, after: Tables, *, gone: Mapping[str, str]) -> list[str]:
    """What became of rows and columns that should be as they were; `gone` names the tables that may be, and why."""
    found = []
    for table, rows in before.items():
        if table in gone:
            continue
        if table not in after:
            found.append(f"the table {table} is gone")
            continue
        columns = rows[0].keys()
        if missing := columns - after[table][0].keys():
            found.append(f"{table} has no {', '.join(missing)}")
            continue
        kept = sorted(({name: row[name] for name in columns} for row in after[table]), key=_key)
        found += [f"{table}: {one} became {other}" for one, other in zip(rows, kept, strict=False) if one != other][:3]
        if len(rows) != len(kept):
            found.append(f"{table} had {len(rows)} rows and has {len(kept)}")
    return found


def expected_audits(before: Tables) -> list[Row]:
    """The audits that the rows of schema 0003 make: together what one person did to one ticket at one time.

    The message says how it came in, and the filing how the ticket did; of anything else that was never stored.
    """
    acts: dict[tuple[Any, ...], list[tuple[Any, Row]]] = defaultdict(list)
    vias = {ticket["id"]: ticket["via"] for ticket in before["tickets"]}
    for entry in sorted(before["audit_entries"], key=_number):
        is_filing = (entry["field"], entry["old"], entry["new"]) == ("status", None, "new")
        change = {"type": "Change", "field": entry["field"], "old": _value(entry, "old"), "new": _value(entry, "new")}
        acts[entry["ticket_id"], entry["actor_id"], entry["at"]].append(
            (vias[entry["ticket_id"]] if is_filing else "", {"type": "Create"} if is_filing else change)
        )
    for comment in sorted(before["comments"], key=_number):
        written = {"type": "Comment", "comment_id": comment["id"], "is_public": bool(comment["is_public"])}
        acts[comment["ticket_id"], comment["author_id"], comment["created_at"]].append((comment["via"], written))
    return [
        {"ticket_id": ticket, "actor_id": actor, "at": at, "via": next((via for via, _ in act if via), None), "events": as_set(event for _, event in act)}
        for (ticket, actor, at), act in acts.items()
    ]


def stored_audits(after: Tables) -> list[Row]:
    """The audits as they are stored, in the shape of `expected_audits`."""
    return [
        {name: audit[name] for name in ("ticket_id", "actor_id", "at", "via")} | {"events": as_set(_decoded(audit["events"]))}
        for audit in after["audits"]
        if audit["is_migrated"]
    ]


def as_set(events: Any) -> list[str]:
    """Events in one order."""
    return sorted(json.dumps(event, sort_keys=True) for event in events)


def by_act(audits: list[Row]) -> list[Row]:
    """Audits in one order."""
    return sorted(audits, key=_key)


def _rows(connection: Connection, table: str) -> list[Row]:
    found = connection.exec_driver_sql(f'SELECT * FROM "{table}"')
    names = list(found.keys())
    return sorted((dict(zip(names, row, strict=True)) for row in found), key=_key)


def _key(row: Row) -> str:
    return repr(sorted(row.items()))


_number: Callable[[Row], int] = lambda row: row["id"]  # noqa: E731


def _decoded(stored: Any) -> Any:
    return json.loads(stored) if isinstance(stored, str) else stored


def _value(entry: Row, side: str) -> Any:
    text = entry[side]
    if entry["field"] == "tags":
        return (text or "").split()
    return int(text) if entry["field"] == "assignee_id" and text else text
