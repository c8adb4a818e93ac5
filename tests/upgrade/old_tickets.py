"""The tickets of a database at schema 0003: each lived through act by act, leaving the rows that the code of that schema left.

Nothing here may use the product: it changes, and these rows must stay what they were.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
PRIORITIES = ("low", "normal", "high", "urgent")
TYPES = ("question", "incident", "problem", "task")
VIAS = ("web", "web", "api", "email", "web", "phone", "web", "api", "import", "")
"""Columns of ten characters that nothing checked: integrations wrote words of their own into them."""
LOCALES = ("en", "de", "pt-BR", "zh-Hans-CN")
CATEGORIES = ("", "start", "production", "a-category-that-is-gone")
TAGS = ("billing", "bug", "login", "printer", "vip", "größe", "needs_reply", "x" * 60)
HELD = ("A field that only machines see was filled in.", "The form was sent within two seconds of being opened.")
WORDS = [
    "the",
    "board",
    "printer",
    "does",
    "not",
    "start",
    "since",
    "update",
    "account",
    "password",
    "invoice",
    "upload",
    "error",
    "port",
    "missing",
    "again",
    "thanks",
    "please",
    "help",
    "when",
    "where",
]
ODD_BODIES = (
    "Zeilen\r\nmit Umlauten: äöüß\r\n\r\nund Leerzeilen",
    "رسالة من اليمين إلى اليسار",
    "👩‍👩‍👧 family, e\u0301 combined, \u200b invisible",
    "<script>alert('x')</script> & \"quotes\" ' -- ; DROP TABLE tickets",
    "https://example.com/a?b=c&d=[e] **not bold** `code`\n\n    indented",
    "-",
)
Row = dict[str, Any]


@dataclass
class Rows:
    """Rows by table, numbered as they are added, except of the audit trail: several tickets change at a time."""

    by_table: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    _last: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, table: str, **columns: Any) -> int:
        """The number of the new row."""
        self._last[table] += 1
        self.by_table[table].append({"id": self._last[table], **columns})
        return self._last[table]

    def add_unnumbered(self, table: str, **columns: Any) -> None:
        """Adds a row of a table whose rows have no number, or get it later."""
        self.by_table[table].append(columns)


@dataclass(frozen=True, slots=True)
class Cast:
    """Numbers of the people and of the API keys."""

    agents: Sequence[int]
    customers: Sequence[int]
    api_keys: Sequence[tuple[int, int]]
    """Each with the number of its owner."""


def add_ticket(rows: Rows, cast: Cast, number: int, at: datetime, rng: Random) -> None:
    """Adds ticket `number`, filed at `at`, with everything that came of it."""
    ticket = _Ticket(rows, cast, number, at, rng)
    ticket.open()
    ticket.live()
    ticket.close()


class _Ticket:
    """One ticket and the acts on it, each at a time of its own and in the words of the code of that time."""

    def __init__(self, rows: Rows, cast: Cast, number: int, at: datetime, rng: Random) -> None:
        self.rows, self.cast, self.rng, self.at = rows, cast, rng, at
        self.requester, self.wanted = rng.choice(cast.customers), STATUSES[number % len(STATUSES)]
        self.tags = sorted(rng.sample(TAGS, rng.randint(0, 3)))
        via = VIAS[number % len(VIAS)]
        web, key = via == "web", rng.choice(cast.api_keys) if via == "api" else None
        self.columns: Row = {
            "subject": text(rng, 3, 9).capitalize()[:200] if number % 40 else "S" * 199 + "é",
            "status": "new",
            "priority": PRIORITIES[number % 4] if via == "api" else "normal",
            "type": TYPES[number // 4 % 4] if via == "api" else "question",
            "requester_id": self.requester,
            "submitter_id": key[1] if key else self.requester,
            "assignee_id": None,
            "category": rng.choice(CATEGORIES),
            "via": via,
            "locale": rng.choice(LOCALES),
            "external_id": f"crm-{number}" if via in ("api", "import") else None,
            "visit": hexes(rng, 32) if web else "",
            "visitor": hexes(rng, 32) if web else "",
            "nonce": hexes(rng, 32) if web else f"api{key[0]}-{hexes(rng, 40)}" if key else None,
            "salt": hexes(rng, 32),
            "suspended_reason": rng.choice(HELD) if number % 17 == 3 else None,
            "created_at": at,
            "updated_at": at,
            "waiting_since": at,
            "replied_at": None,
            "solved_at": None,
            "version": 1,
        }
        self.id = rows.add("tickets", **self.columns)
        # What follows changes the row that was added.
        self.columns, self.key = rows.by_table["tickets"][-1], key

    def open(self) -> None:
        rng, ticket = self.rng, self.columns
        comment = self._comment(self.requester, is_public=True, via=ticket["via"], nonce=None)
        self._audit(ticket["submitter_id"], "status", None, "new")
        if self.id % 3 == 0:
            self._files(comment, rng.randint(1, 2))
        if ticket["visit"]:
            self._visit()
        for slug in ("install/start/first-steps", "gone") if self.id % 5 == 0 else ():
            self._article("read", slug)
        for name in self.tags:
            self.rows.add_unnumbered("ticket_tags", ticket_id=self.id, name=name)
        self._event("ticket_created", user_id=self.requester, ticket_id=self.id, source=ticket["via"])
        if ticket["suspended_reason"] is None:
            self._job("mail.request_received", {"ticket_id": self.id})
        if self.key and self.id % 2:
            self.rows.add_unnumbered(
                "idempotency_keys", api_key_id=self.key[0], key=f"order {self.id}", request_digest=hexes(rng, 64), ticket_id=self.id, created_at=self.at
            )

    def live(self) -> None:
        if self.columns["suspended_reason"] and self.rng.random() < 0.5:
            self._pass(90)
            self._set(self.rng.choice(self.cast.agents), suspended_reason=None)
            self._job("mail.request_received", {"ticket_id": self.id})
        if self.wanted == "new":
            if self.id % 2:
                self._pass(60)
                self._note({"priority": self.rng.choice(PRIORITIES)})
            return
        for act in self.rng.choices(
            (self._answer, self._customer_writes, self._edit, self._note, self._at_once, self._solve_and_reopen), k=self.rng.randint(1, 5)
        ):
            self._pass(1500)
            act()

    def close(self) -> None:
        """Brings the ticket to the status wanted of it, by the acts that lead there."""
        if self.wanted == self.columns["status"]:
            return
        self._pass(600)
        if self.wanted == "open":
            self._set(self.requester, status="open")
        elif self.wanted in ("pending", "hold"):
            self._answer(self.wanted)
        elif self.id % 3 == 0:
            self._set(self.requester, status="solved")
        else:
            self._answer("solved")
        if self.wanted == "closed":
            # The worker closed many at once, at its full hour, in nobody's name.
            self.at = (self.at + timedelta(days=28, hours=1)).replace(minute=0, second=0, microsecond=123)
            self._set(None, status="closed")

    def _answer(self, status: str = "") -> None:
        agent, ticket = self.columns["assignee_id"] or self.rng.choice(self.cast.agents), self.columns
        changes: Row = {"status": status} if status and status != ticket["status"] else {}
        if ticket["assignee_id"] is None:
            changes["assignee_id"] = agent
        if ticket["suspended_reason"] is not None:
            changes["suspended_reason"] = None
        if ticket["status"] == "new" and not status:
            changes["status"] = "open"
        self._set(agent, **changes)
        comment = self._comment(agent, is_public=True, nonce=hexes(self.rng, 32))
        if self.id % 7 == 0:
            self._article("linked", "install/production/backups")
        if self.id % 11 == 0:
            self._files(comment, 1)
        ticket["replied_at"] = ticket["replied_at"] or self.at
        self._job("mail.agent_replied", {"ticket_id": self.id, "comment_id": comment})

    def _customer_writes(self) -> None:
        via = "email" if self.id % 4 == 0 else "web"
        self._comment(self.requester, is_public=True, via=via, nonce=hexes(self.rng, 32) if via == "web" else None)
        self.columns["waiting_since"] = self.at
        if self.columns["status"] in ("pending", "solved"):
            self._set(self.requester, status="open")

    def _note(self, changes: Row | None = None) -> None:
        agent = self.rng.choice(self.cast.agents)
        self._set(agent, **(changes or {}))
        self._comment(agent, is_public=False, nonce=hexes(self.rng, 32))

    def _edit(self) -> None:
        """The properties, saved together: each that differs is a row, all of one person and one time."""
        rng = self.rng
        wanted: Row = {"status": rng.choice(("open", "pending", "hold", "solved")), "priority": rng.choice(PRIORITIES), "type": rng.choice(TYPES)}
        wanted |= {"category": rng.choice(CATEGORIES), "assignee_id": rng.choice((None, *self.cast.agents))}
        self._set(rng.choice(self.cast.agents), **wanted, tags=sorted(rng.sample(TAGS, rng.randint(0, 4))))

    def _at_once(self) -> None:
        """Two people at the same moment, on PostgreSQL as on a clock that is set by the second."""
        for agent, priority in zip(self.rng.sample(self.cast.agents, 2), self.rng.sample(PRIORITIES, 2), strict=True):
            self._set(agent, priority=priority)

    def _solve_and_reopen(self) -> None:
        self._set(self.requester, status="solved")
        self._pass(2000)
        self._set(self.requester, status="open")

    def _set(self, actor: int | None, **changes: Any) -> None:
        for name, new in changes.items():
            old = self.tags if name == "tags" else self.columns[name]
            if old == new:
                continue
            if name == "tags":
                self._tag(new)
            else:
                self.columns[name] = new
            if name == "status":
                self.columns["solved_at"] = self.at if new == "solved" else self.columns["solved_at"] if new == "closed" else None
            self.columns |= {"version": self.columns["version"] + 1, "updated_at": self.at}
            self._audit(actor, name, shown(old), shown(new))

    def _tag(self, names: list[str]) -> None:
        kept = self.rows.by_table["ticket_tags"]
        kept[:] = [row for row in kept if row["ticket_id"] != self.id] + [{"ticket_id": self.id, "name": name} for name in names]
        self.tags = names

    def _comment(self, author: int, *, is_public: bool, via: str = "web", nonce: str | None) -> int:
        rng = self.rng
        body = ODD_BODIES[self.id % len(ODD_BODIES)] if rng.random() < 0.1 else "\n\n".join(text(rng, 5, 40) for _ in range(rng.randint(1, 3)))
        if self.id % 500 == 7:
            body = "word " * 12_799 + "ende."
        self.columns["updated_at"] = self.at
        return self.rows.add("comments", ticket_id=self.id, author_id=author, body=body, is_public=is_public, via=via, nonce=nonce, created_at=self.at)

    def _files(self, comment: int, count: int) -> None:
        for place in range(count):
            # Every third file is the same one: contents are kept once.
            add_attachment(self.rows, self.rng, self.id if place % 3 else 0, self.at, ticket_id=self.id, comment_id=comment)

    def _article(self, relation: str, slug: str) -> None:
        version = {"digest": hexes(self.rng, 64), "commit": hexes(self.rng, 40) if self.id % 2 else None}
        self.rows.add("ticket_articles", ticket_id=self.id, relation=relation, slug=slug, title=slug.title(), created_at=self.at, **version)

    def _audit(self, actor: int | None, name: str, old: str | None, new: str | None) -> None:
        self.rows.add_unnumbered("audit_entries", ticket_id=self.id, actor_id=actor, at=self.at, field=name, old=old, new=new)

    def _visit(self) -> None:
        """What the visitor did before filing; the last step is the form."""
        before, hits = self.at, ["install/start/first-steps", "gone"]
        self.at = before - timedelta(minutes=9)
        self._event("search", query=text(self.rng, 1, 4), hit_count=2, hits=json.dumps(hits), engine="embedded", degraded=False, answered=True, took_ms=1.25)
        self._event("search_click", slug=hits[0], rank=1)
        self._event("article_view", slug=hits[0], digest=hexes(self.rng, 64), commit=hexes(self.rng, 40))
        if self.id % 4 == 0:
            self._event("vote", slug=hits[0], value="no")
        self._event("form_open", query="printer")
        self.at = before

    def _event(self, kind: str, **columns: Any) -> None:
        ticket = self.columns
        add_event(self.rows, self.at, kind, visit=ticket["visit"], visitor=ticket["visitor"], locale=ticket["locale"], **columns)

    def _job(self, kind: str, payload: Row) -> None:
        add_job(self.rows, self.rng, kind, payload, self.at, ticket_id=self.id)

    def _pass(self, minutes: int) -> None:
        self.at += timedelta(minutes=self.rng.randint(1, minutes), microseconds=self.rng.randint(0, 999_999))


def add_attachment(rows: Rows, rng: Random, content: int, at: datetime, **belongs: Any) -> None:
    """Adds a file with the content of that number, to a comment, or to a form that was not sent yet."""
    data = file_content(content)
    fixed = {"ticket_id": None, "comment_id": None, "form_nonce": None} | belongs
    name = rng.choice(("log.txt", "Größe (1).bin", "photo.png"))
    digest = hashlib.sha256(data).hexdigest()
    rows.add("attachments", token=hexes(rng, 43), **fixed, name=name, content_type="application/octet-stream", size=len(data), sha256=digest, created_at=at)


def file_content(number: int) -> bytes:
    """The bytes of a file."""
    return f"File {number}\n".encode() * 20


def add_event(rows: Rows, at: datetime, kind: str, **columns: Any) -> None:
    """Adds one step of a visitor."""
    empty = dict.fromkeys(("user_id", "query", "hit_count", "hits", "rank", "engine", "degraded", "answered", "took_ms"))
    empty |= dict.fromkeys(("slug", "digest", "commit", "ticket_id", "value"))
    rows.add("events", **{"at": at, "kind": kind, "visit": "", "visitor": "", "locale": "en", "source": "web"} | empty | columns)


def add_job(rows: Rows, rng: Random, kind: str, payload: Row, at: datetime, ticket_id: int | None) -> None:
    """Adds a job of the outbox: most done, some waiting for the first or another attempt, some given up, some in the hands of a worker."""
    columns: Row = {"due_at": at, "attempts": 0} | dict.fromkeys(("leased_until", "lease", "done_at", "failed_at", "last_error"))
    state = rng.choices(("done", "waiting", "again", "failed", "leased"), (80, 5, 5, 5, 5))[0]
    if state == "done":
        columns["done_at"] = at + timedelta(seconds=2)
    elif state == "again":
        columns |= {"attempts": 2, "due_at": at + timedelta(minutes=4), "last_error": "ConnectionRefusedError: [Errno 111] Connection refused"}
    elif state == "failed":
        columns |= {"attempts": 1, "failed_at": at + timedelta(seconds=2), "last_error": "550 No such user here"}
    elif state == "leased":
        columns |= {"leased_until": at + timedelta(minutes=5), "lease": f"host-4711-{hexes(rng, 16)}"}
    rows.add("outbox_jobs", kind=kind, payload=json.dumps(payload), ticket_id=ticket_id, created_at=at, **columns)


def text(rng: Random, fewest: int, most: int) -> str:
    """Some words."""
    return " ".join(rng.choices(WORDS, k=rng.randint(fewest, most)))


def hexes(rng: Random, count: int) -> str:
    """Hexadecimal digits."""
    return f"{rng.getrandbits(4 * count):0{count}x}"


def shown(value: Any) -> str | None:
    """A field's value as the audit trail held it."""
    if value is None:
        return None
    return " ".join(value) if isinstance(value, list) else str(value)
