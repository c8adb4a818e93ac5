"""Names, subjects and addresses as long as they may be, in one word and from right to left, break no page."""

from collections.abc import Callable
from typing import Any

import pytest

from kb.accounts import people
from kb.accounts.authentication import links
from kb.accounts.authentication.api_keys import make_key
from kb.accounts.models import Role
from kb.config import Settings
from kb.db import now
from tests.cast import agent_writes, change
from tests.services import LiveServer
from tickets import queries
from tickets.access import SYSTEM
from tickets.creation import NewTicket, create
from tickets.tracking import tracking_path

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORD = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen"
LONG = {
    "one word": (WORD * 2, "a" * 60 + "@" + "b" * 60 + ".example.com"),
    "from right to left": ("المساعدة في إعادة تعيين كلمة المرور الخاصة بي من فضلكم " * 2, "fatima@example.com"),
}
TOO_WIDE = """() => {
    const most = document.documentElement.clientWidth;
    const may = ".visually-hidden, .trap, .table-wrap, .desk-views, svg";
    const isOut = (box) => box.width > 0 && (box.right > most + 1 || box.left < -1);
    const shown = [...document.querySelectorAll("header *, main *")].filter((one) => one.checkVisibility() && !one.closest(may));
    const out = shown.filter((one) => isOut(one.getBoundingClientRect())).map((one) => one.outerHTML.slice(0, 100));
    return out.length || document.documentElement.scrollWidth <= most ? out.slice(0, 3) : ["the page"];
}"""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("kind", LONG)
def test_nothing_is_wider_than_the_screen(chromium: Any, serve: Callable[[Settings], LiveServer], settings: Settings, kind: str, width: int) -> None:
    words, email = LONG[kind]
    site = serve(settings)
    with site.database.write() as session:
        admin = people.add_user(session, "ann@" + "example" * 8 + ".com", words[:120], Role.ADMIN, now())
        session.flush()
        make_key(session, words[:120], "read", admin, now())
        number = create(session, NewTicket(email=email, name=words[:120], subject=words[:200], body=words * 3), now=now()).id
        held = create(
            session, NewTicket(email=email, name=words[:120], subject=words[:200], body=words, suspended_reason="It was sent too fast."), now=now()
        ).id
        closed = create(session, NewTicket(email=email, subject=words[:200], body=words), now=now()).id
    with site.database.write() as session:
        tags = [f"{WORD[:20].lower()}-{one}" for one in range(12)]
        agent_writes(session, number, words * 3, admin, changes={"tags": tags, "priority": "urgent", "assignee_id": admin.id})
        change(session, closed, {"status": "closed"})
        ticket = queries.ticket(session, SYSTEM, number)
        assert ticket is not None
        tracked = tracking_path(site.app.state.secret_key, number, ticket.salt)
        link = links.path(links.make_link(session, admin, now()))
    context = chromium.new_context(viewport={"width": width, "height": 900}, has_touch=width < 500, bypass_csp=True)
    page = context.new_page()
    page.goto(site.url + link)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/account")
    desk = ["/desk", "/desk/views/all", "/desk/search?q=" + words[:30], "/desk/people", "/desk/api-keys", "/desk/api-keys/1/revocation", "/desk/audit-log"]
    tickets = [f"/desk/tickets/{one}" for one in (number, held, closed)] + [f"/desk/tickets/{closed}/follow-up"]
    found = {}
    for path in ["/account", *desk, *tickets, tracked, "/requests", "/search?q=" + words[:60], "/requests/new?subject=" + words[:60]]:
        page.goto(site.url + path)
        found[path] = page.evaluate(TOO_WIDE)
    context.close()
    assert [f"{path}: {wide}" for path, wide in found.items() if wide] == []
