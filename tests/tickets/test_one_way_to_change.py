"""The rule that keeps tickets in one piece: one module changes them, one files them, one says who may see them."""

import ast
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
TABLES = {"Ticket", "Comment"}
WRITERS = {"tickets/update.py", "tickets/creation.py", "tickets/filing_queries.py", "tickets/comment.py"}
"""`apply`, `create` with its statements, and the storing of a message that both share."""
COLUMNS = {"subject", "status", "priority", "type", "assignee_id", "requester_id", "category", "tags", "suspended_reason", "solved_at", "replied_at"}
COLUMNS |= {"waiting_since", "updated_at", "version", "salt", "nonce", "external_id", "requester_name"}


def test_nothing_else_writes_a_ticket_or_a_message() -> None:
    assert [place for path in _sources() if path not in WRITERS for place in _writes(path, _tree(path))] == []


def test_every_query_on_tickets_starts_with_what_the_actor_may_see() -> None:
    assert [place for path in _sources() if path != "tickets/access.py" for place in _queries(path, _tree(path))] == []


def test_the_rule_finds_what_it_looks_for() -> None:
    written = """
session.add(Ticket(subject="x"))
store(session, Comment, body="x")
add(session, Comment, body="x")
session.execute(update(Ticket).values(status="open"))
ticket.status = "open"
locked.ticket.assignee_id = 1
setattr(ticket, name, value)
"""
    assert len(list(_writes("x.py", ast.parse(written)))) == 7
    asked = (
        "select(Ticket); select(Ticket.id, User.id); session.get(Ticket, 1); session.get_one(Ticket, 1); select(_TICKETS.c.id); select(func.count(Ticket.id))"
    )
    asked += "; select(func.count()).select_from(Ticket); session.query(Ticket); select(func.count()).select_from(join(Ticket, User))"
    assert len(list(_queries("x.py", ast.parse(asked)))) == 9


def _writes(path: str, tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = _name(node.func)
            tables = {_name(argument) for argument in node.args}
            if name in TABLES or (name in ("insert", "update", "delete", "store", "store_once", "store_all", "add") and tables & TABLES):
                yield f"{path}:{node.lineno}: {name}"
            if name == "setattr" and node.args and _is_ticket(node.args[0]):
                yield f"{path}:{node.lineno}: setattr"
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Attribute) and target.attr in COLUMNS and _is_ticket(target.value):
                    yield f"{path}:{node.lineno}: {target.attr}"


def _queries(path: str, tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or _name(node.func) not in ("select", "get", "get_one", "select_from", "query") or _begins_well(node):
            continue
        names = {found.id for argument in node.args for found in ast.walk(argument) if isinstance(found, ast.Name)}
        if names & {"Ticket", "_TICKETS"}:
            yield f"{path}:{node.lineno}: {_name(node.func)}"


def _begins_well(node: ast.expr) -> bool:
    """Whether a chain of calls starts with `select_tickets`."""
    while isinstance(node, ast.Call | ast.Attribute):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return _name(node) == "select_tickets"


def _is_ticket(node: ast.expr) -> bool:
    return _name(node) in ("ticket", "locked", "closed")


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _sources() -> list[str]:
    return sorted(
        str(path.relative_to(CHECKOUT)) for room in ("kb", "search", "tickets") for path in (CHECKOUT / room).rglob("*.py") if "migrations" not in path.parts
    )


def _tree(path: str) -> ast.AST:
    return ast.parse((CHECKOUT / path).read_text(encoding="utf-8"))
