"""Customers and agents who file, answer and note through the front door while the site is killed, and what was acknowledged to them.

Each story is one ticket of one client, who sends what got no answer again (the same form, the same key) or gives up for good.
"""

import hashlib
import http.client
import json
import os
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlsplit

from tests.faults.forms import form_to
from tests.faults.processes import PATIENCE_S, encoded

BROWSER = {"User-Agent": "Mozilla/5.0 (test)", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-User": "?1"}
"""As of a person who presses a button: such a form may be sent at once."""
SIZES = (400, 30_000, 1_500_000)
NEXT = ("", "open", "pending", "hold", "solved")
NOT_NOW = 503


class GivenUp(Exception):
    """The client sends this no more: it is there or not, but whole."""


@dataclass
class Act:
    """One thing sent: `status` is what the ticket has if it was stored."""

    kind: str
    body: str
    files: dict[str, str] = field(default_factory=dict)
    """Name → SHA-256."""
    is_public: bool = True
    status: str = ""
    is_acknowledged: bool = False


@dataclass
class Story:
    """A ticket as its client knows it."""

    subject: str
    email: str
    acts: list[Act] = field(default_factory=list)
    number: int = 0
    page: str = ""


@dataclass
class Log:
    """What all clients together met."""

    acknowledged: int = 0
    sent_again: int = 0
    wrong: list[str] = field(default_factory=list)
    """Answers that no site should give, whatever happens to it."""
    last_at: float = 0.0
    """When the latest was acknowledged, on the monotonic clock."""


class Client(threading.Thread):
    """Lives stories until `end`; `door` gives the address of the site as it is now."""

    def __init__(self, door: "Door", seed: str) -> None:
        super().__init__(name=seed, daemon=True)
        self.door, self.rng, self.seed = door, Random(seed), seed
        self.stories: list[Story] = []
        self._network = f"10.{self.rng.randrange(256)}.{self.rng.randrange(256)}"

    def run(self) -> None:
        """One story after the other."""
        while not self.door.end.is_set():
            name = f"{self.seed}-{len(self.stories)}"
            story = Story(f"Story {name}.", f"{name}@example.com")
            self.stories.append(story)
            try:
                self._live(story)
            except GivenUp:
                continue
            except Exception as error:
                self.door.log.wrong.append(f"{story.subject}: {type(error).__name__}: {error}"[:600])

    def _live(self, story: Story) -> None:
        self.rng.choice((self._file, self._file, self._file_after_an_error, self._file_by_program))(story)
        for act in self.rng.choices((self._reply, self._answer, self._note), k=self.rng.randint(0, 4)):
            if not self.door.end.is_set():
                act(story)

    def _file(self, story: Story) -> None:
        form = form_to(self._page("/requests/new"), "/requests")
        act, files = self._act(story, "request", status="new")
        self._send_form(story, act, "/requests", form.fields | self._request(story, act), files)

    def _file_after_an_error(self, story: Story) -> None:
        """First without a subject: the files wait on the page that comes back."""
        form = form_to(self._page("/requests/new"), "/requests")
        act, files = self._act(story, "request with kept files", status="new", least_files=1)
        body, boundary = encoded(form.fields | self._request(story, act) | {"subject": ""}, files)
        while (answer := self._send("POST", "/requests", body, _multipart(boundary))).status != 422:
            self._expect(answer, 422)
        kept = form_to(answer.text, "/requests").fields
        self._send_form(story, act, "/requests", kept | self._request(story, act), {})

    def _file_by_program(self, story: Story) -> None:
        act, _ = self._act(story, "request by a program", status="new", most_files=0)
        story.acts.append(act)
        ticket = {"subject": story.subject, "comment": {"body": act.body}, "requester": {"email": story.email}}
        headers = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(8), **self.door.bearer}
        answer = self._until_acknowledged(act, "POST", "/api/tickets", json.dumps({"ticket": ticket}).encode(), headers, 201)
        story.number = json.loads(answer.text)["ticket"]["id"]

    def _reply(self, story: Story) -> None:
        if story.page:
            form = form_to(self._page(story.page), "/comments")
            before = story.acts[-1].status
            act, files = self._act(story, "customer's reply", status="open" if before in ("pending", "solved") else before)
            self._send_form(story, act, f"{story.page}/comments", form.fields | {"body": act.body}, files)

    def _answer(self, story: Story) -> None:
        wanted, before = self.rng.choice(NEXT), story.acts[-1].status
        self._write(story, "agent's reply", {"kind": "public"}, wanted, wanted or ("open" if before == "new" else before))

    def _note(self, story: Story) -> None:
        wanted = self.rng.choice(NEXT)
        self._write(story, "note", {"kind": "note"}, wanted, wanted or story.acts[-1].status)

    def _write(self, story: Story, kind: str, fields: dict[str, str], wanted: str, status: str) -> None:
        form = form_to(self._page(f"/desk/tickets/{story.number}", self.door.agent), "/comments")
        act, files = self._act(story, kind, status=status, is_public=kind != "note")
        self._send_form(story, act, form.action, form.fields | fields | {"status": wanted, "body": act.body}, files, self.door.agent)

    def _act(self, story: Story, kind: str, *, least_files: int = 0, most_files: int = 2, **known: Any) -> tuple[Act, dict[str, bytes]]:
        mark = secrets.token_hex(6)
        names = [f"{mark}-{place}.bin" for place in range(self.rng.randint(least_files, most_files) if self.rng.random() < 0.5 or least_files else 0)]
        files = {name: os.urandom(self.rng.choice(SIZES)) for name in names}
        digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        return Act(kind, f"Message {mark} of {story.subject}", digests, **known), files

    def _request(self, story: Story, act: Act) -> dict[str, str]:
        return {"subject": story.subject, "email": story.email, "description": act.body}

    def _send_form(
        self, story: Story, act: Act, path: str, fields: Mapping[str, str | list[str]], files: dict[str, bytes], more: Mapping[str, str] | None = None
    ) -> None:
        body, boundary = encoded(fields, files)
        story.acts.append(act)
        answer = self._until_acknowledged(act, "POST", path, body, _multipart(boundary) | dict(more or {}), 303)
        if not story.number:
            story.page = answer.location.partition("?")[0]
            story.number = int(story.page.rpartition("/")[2].partition("-")[0])

    def _until_acknowledged(self, act: Act, method: str, path: str, body: bytes, headers: Mapping[str, str], wanted: int) -> "Answer":
        """Sends until there is the answer wanted; one in eight that got none is given up, and one in three that got it is sent once more."""
        while (answer := self._send(method, path, body, headers)).status != wanted:
            self._expect(answer, wanted)
            if self.rng.random() < 1 / 8 or self.door.end.is_set():
                raise GivenUp
            self.door.log.sent_again += 1
        act.is_acknowledged = True
        self.door.log.acknowledged += 1
        self.door.log.last_at = time.monotonic()
        if self.rng.random() < 1 / 3:
            self.door.log.sent_again += 1
            self._expect(again := self._send(method, path, body, headers), wanted)
            if again.status == wanted and (again.location.partition("?")[0], again.text) != (answer.location.partition("?")[0], answer.text):
                self.door.log.wrong.append(f"{path} sent again led elsewhere: {again.location} {again.text[:200]}")
        return answer

    def _page(self, path: str, headers: Mapping[str, str] | None = None) -> str:
        while (answer := self._send("GET", path, None, headers or {})).status != 200:
            self._expect(answer, 200)
            if self.door.end.is_set():
                raise GivenUp
        return answer.text

    def _send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> "Answer":
        network = {"X-Forwarded-For": f"{self._network}.{len(self.stories) % 250}"}
        return self.door.send(method, path, body, BROWSER | network | dict(headers))

    def _expect(self, answer: "Answer", wanted: int) -> None:
        """Waits a moment where the site cannot answer now; any other answer than that is wrong."""
        if answer.status in (0, NOT_NOW):
            self.door.end.wait(0.05)
        elif answer.status != wanted:
            self.door.log.wrong.append(f"{answer.status} instead of {wanted}: {answer.text[:400]}")
            raise GivenUp


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, 0 for none at all; where it leads; its text."""

    status: int
    location: str = ""
    text: str = ""


@dataclass
class Door:
    """The way in: the site's address, which changes with each start, and what lets agents and programs through."""

    url: str = ""
    agent: dict[str, str] = field(default_factory=dict)
    bearer: dict[str, str] = field(default_factory=dict)
    end: threading.Event = field(default_factory=threading.Event)
    log: Log = field(default_factory=Log)

    def send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            return Answer(0)
        finally:
            connection.close()
        return Answer(answer.status, answer.getheader("Location", ""), content.decode("utf-8", "replace"))

    def fetch(self, path: str, headers: Mapping[str, str]) -> bytes:
        """The bytes at an address; raises AssertionError unless it is answered with 200."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=PATIENCE_S)
        try:
            connection.request("GET", path, headers=BROWSER | dict(headers))
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        assert answer.status == 200, f"{path}: {answer.status}"
        return content


def _multipart(boundary: str) -> dict[str, str]:
    return {"Content-Type": f"multipart/form-data; boundary={boundary}"}
