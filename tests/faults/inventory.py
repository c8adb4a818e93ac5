"""What a site holds after all that happened, asked at its front door, beside what its clients were told."""

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from tests.faults.stories import Act, Door, Story
from tests.services import Mailbox

MOST_GAPS = 100
"""Numbers that a database leaves out in a row; a crash of PostgreSQL costs it 32."""


@dataclass
class Found:
    """What is not as it should be, in words; nothing of it may be."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)
    mail: list[str] = field(default_factory=list)
    """Mails that did not come, or that came again as if they were others."""

    @property
    def faults(self) -> list[str]:
        """All of it."""
        return [*self.lost, *self.doubled, *self.half, *self.mail]


@dataclass(frozen=True, slots=True)
class Inventory:
    """The tickets by their subject, as the API shows them with their comments."""

    tickets: dict[str, list[dict[str, Any]]]

    def has(self, story: Story, act: Act) -> bool:
        """Whether the message is stored."""
        return any(comment["body"] == act.body for ticket in self.tickets.get(story.subject, []) for comment in ticket["comments"])


def take_inventory(door: Door) -> Inventory:
    """Every ticket there is."""
    tickets: dict[str, list[dict[str, Any]]] = defaultdict(list)
    number = gaps = 0
    while gaps < MOST_GAPS:
        number += 1
        answer = door.send("GET", f"/api/tickets/{number}?include=comments", None, door.bearer)
        gaps = gaps + 1 if answer.status == 404 else 0
        if answer.status == 200:
            shown = json.loads(answer.text)
            tickets[shown["ticket"]["subject"]].append(shown["ticket"] | {"comments": shown["comments"]})
        else:
            assert answer.status == 404, answer
    return Inventory(tickets)


def compare(door: Door, inventory: Inventory, stories: Sequence[Story]) -> Found:
    """What the stories say and the site does not, and the other way round."""
    found = Found()
    for story in stories:
        tickets = inventory.tickets.get(story.subject, [])
        if len(tickets) > 1:
            found.doubled.append(f"{story.subject} is {len(tickets)} tickets")
        elif tickets:
            _compare_ticket(door, tickets[0], story, found)
        elif story.acts and story.acts[0].is_acknowledged:
            found.lost.append(f"{story.subject} was ticket {story.number}")
    strange = set(inventory.tickets) - {story.subject for story in stories}
    found.half += [f"nobody filed {subject}" for subject in strange]
    return found


def compare_mail(mailbox: Mailbox, inventory: Inventory, stories: Iterable[Story], found: Found) -> None:
    """Each request that is stored was confirmed, and each public answer sent, under one Message-ID; nothing else was."""
    ids = _mails(mailbox)
    for story in stories:
        answers = [act for act in story.acts if act.kind == "agent's reply" and inventory.has(story, act)]
        expected = {act.body for act in answers} | ({""} if inventory.tickets.get(story.subject) else set())
        have = ids.get(story.email, {})
        found.mail += [f"{story.subject}: no mail of {text or 'its arrival'}" for text in expected - have.keys()]
        found.mail += [f"{story.subject}: a mail of {text or 'its arrival'}, which is not stored" for text in have.keys() - expected]
        found.mail += [f"{story.subject}: {len(one)} different mails of {text or 'its arrival'}" for text, one in have.items() if len(one) > 1]


def mails_missing(mailbox: Mailbox, inventory: Inventory, stories: Iterable[Story]) -> bool:
    """Whether a mail is still to come."""
    found = Found()
    compare_mail(mailbox, inventory, stories, found)
    return any(": no mail of" in fault for fault in found.mail)


def _mails(mailbox: Mailbox) -> dict[str, dict[str, set[str]]]:
    """Address → the message that a mail brought, empty for one that brought none → the mail's ids."""
    ids: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for mail, recipients in zip(mailbox.messages, mailbox.recipients, strict=True):
        body = mail.get_body(("plain",))
        brought = re.search(r"Message [0-9a-f]{12} of Story [^\s]+\.", body.get_content()) if body else None
        for recipient in recipients:
            ids[recipient][brought[0] if brought else ""].add(str(mail["Message-ID"]))
    return ids


def _compare_ticket(door: Door, ticket: dict[str, Any], story: Story, found: Found) -> None:
    bodies = Counter(comment["body"] for comment in ticket["comments"])
    name = f"ticket {ticket['id']}, {story.subject}"
    if story.number and ticket["id"] != story.number:
        found.lost.append(f"{name} was acknowledged as {story.number}")
    if not bodies:
        found.half.append(f"{name} has no message")
    found.half += [f"{name}: nobody wrote {body!r}" for body in bodies.keys() - {act.body for act in story.acts}]
    status = ""
    for act in story.acts:
        times = bodies[act.body]
        if times > 1:
            found.doubled.append(f"{name}: {act.kind} {times} times")
        elif times == 1:
            status = act.status
            comment = next(comment for comment in ticket["comments"] if comment["body"] == act.body)
            _compare_comment(door, ticket, comment, story, act, found)
        elif act.is_acknowledged:
            found.lost.append(f"{name}: {act.kind}, {act.body}")
    if ticket["status"] != status:
        found.half.append(f"{name} is {ticket['status']}, its messages made it {status}")


def _compare_comment(door: Door, ticket: dict[str, Any], comment: dict[str, Any], story: Story, act: Act, found: Found) -> None:
    name = f"ticket {ticket['id']}: {act.kind}"
    if comment["public"] != act.is_public:
        found.half.append(f"{name} has public {comment['public']}")
    names = [file["file_name"] for file in comment["attachments"]]
    if sorted(names) != sorted(act.files):
        found.half.append(f"{name} has the files {names} of {list(act.files)}")
        return
    if not act.files:
        return
    is_customers = act.is_public and story.page
    path, headers = (story.page, {}) if is_customers else (f"/desk/tickets/{ticket['id']}", door.agent)
    page = unescape(door.fetch(path, headers).decode())
    for file, digest in act.files.items():
        link = re.search(rf'href="([^"]*/attachments/[^"]*{re.escape(file)})"', page)
        if link is None or hashlib.sha256(door.fetch(link[1], headers)).hexdigest() != digest:
            found.half.append(f"{name}: the file {file} is not what was sent")
