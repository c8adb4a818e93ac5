"""Articles that customers cannot open: agents find them, and send nobody to them."""

import pytest
from starlette.testclient import TestClient

from kb.accounts.models import User
from kb.config import Settings
from tests.tickets.desk.conftest import OpenTicket, Refused, Write
from tests.tickets.desk.test_composer import Comments

PRICES = "---\ntitle: Dealer prices\naudience: {}\n---\nDealers pay less: zanzibar.\n"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    shelf = settings.content / "orders" / "prices"
    shelf.mkdir(parents=True)
    (shelf / "dealer-prices.md").write_text(PRICES.format("agents"))
    (shelf / "member-prices.md").write_text(PRICES.format("signed-in").replace("Dealer", "Member"))
    (shelf / "old-prices.md").write_text(PRICES.format("agents").replace("audience", "draft: true\naudience"))
    return settings


def test_the_article_search_of_the_desk_finds_them_with_their_lock(client: TestClient, agent: User) -> None:
    options = client.get("/desk/articles?q=zanzibar").text
    assert [name in options for name in ("dealer-prices", "member-prices", "old-prices")] == [True, True, False]
    assert options.count('class="lock"') == 2
    assert "Signed-in readers only<" in options


@pytest.mark.parametrize("slug", ["dealer-prices", "member-prices"])
@pytest.mark.parametrize("is_pasted", [True, False])
def test_a_public_reply_with_one_is_refused_and_keeps_what_was_typed(
    client: TestClient, agent: User, opened: OpenTicket, comments: Comments, write: Write, refused: Refused, slug: str, is_pasted: bool
) -> None:
    number = opened()
    body = f"See http://127.0.0.1:8000/articles/{slug}." if is_pasted else "See below."
    page = refused(write(number, body, article=[] if is_pasted else [slug]))
    assert "The customer can’t open" in page
    assert "See " in page.partition("<textarea")[2].partition("</textarea>")[0]
    assert len(comments(number)) == 1


def test_a_note_may_name_one_and_the_customer_hears_nothing_of_it(
    client: TestClient, agent: User, opened: OpenTicket, comments: Comments, write: Write
) -> None:
    number = opened()
    assert write(number, "See http://127.0.0.1:8000/articles/dealer-prices", kind="note", article=["dealer-prices"]).status_code == 303
    assert len(comments(number)) == 2
    page = client.get(f"/desk/tickets/{number}").text
    assert "/articles/dealer-prices" in page
    assert "linked in a reply" not in page, "a note links nothing for the customer"


def test_a_reply_with_a_link_to_nothing_is_sent(client: TestClient, agent: User, opened: OpenTicket, write: Write) -> None:
    assert write(opened(), "See http://127.0.0.1:8000/articles/old-prices, /articles/nowhere and https://example.com/articles/x.").status_code == 303
