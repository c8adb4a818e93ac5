"""The subject leads the suggestions: a description refines them, and never drowns them."""

import re

import pytest
from starlette.testclient import TestClient

from kb.articles.catalog.library import Library
from kb.config import Settings

ARTICLES = {
    "return-a-lamp": ("Return a lamp for a refund", "Send the lamp back within thirty days and we refund it."),
    "lamp-flickers": ("A lamp flickers", "Screw the bulb in again, then try another cable."),
    "twice": ("If the switch has to be pressed twice", "Hold the button until the light blinks twice. It always ends the same way."),
    "deliveries": ("When parcels arrive", "Orders of this month arrive within a week, also over the weekend."),
    "school": ("Lamps for schools", "Schools in your town get a discount each month."),
    **{f"room-{number}": (f"Light for room {number}", "A bulb, a shade and a plug.") for number in range(12)},
}
PARAGRAPH = (
    "Hello, I bought this last month and am quite disappointed. I tried several times over the weekend, also with my brother's cable, but it always ends "
    "the same way: I press the button twice, the light blinks and then nothing happens. Could you please look at it, as I need it for school? Thanks, Tom"
)


@pytest.fixture(autouse=True)
def _library(settings: Settings, client: TestClient) -> None:
    folder = settings.content / "help"
    folder.mkdir(parents=True, exist_ok=True)
    for slug, (title, text) in ARTICLES.items():
        (folder / f"{slug}.md").write_text(f"---\ntitle: {title}\n---\n\n{text}\n")
    client.app.state.library = Library(settings.content)
    client.app.state.searcher.sync(client.app.state.library.catalog)


def suggested(client: TestClient, subject: str, description: str = "") -> list[str]:
    page = client.get("/requests/suggestions", params={"q": subject, "description": description}).text
    return re.findall(r'data-suggestion="([^"]+)"', page)


@pytest.mark.parametrize(("subject", "slug"), [("refund", "return-a-lamp"), ("lamp flickers", "lamp-flickers"), ("how do I return a lamp?", "return-a-lamp")])
def test_a_long_description_does_not_drown_the_subject(client: TestClient, subject: str, slug: str) -> None:
    assert suggested(client, subject)[0] == slug
    assert suggested(client, subject, PARAGRAPH)[0] == slug


def test_a_description_brings_what_fits_it_forward(client: TestClient) -> None:
    assert suggested(client, "light for room", "It is room 7, upstairs.")[0] == "room-7"


@pytest.mark.parametrize("subject", ["help", "please help me", "Zeppelin"])
def test_nothing_is_suggested_rather_than_noise(client: TestClient, subject: str) -> None:
    assert suggested(client, subject, PARAGRAPH) == []


def test_without_a_subject_the_description_is_the_question(client: TestClient) -> None:
    assert suggested(client, "", "The lamp flickers, I tried another bulb.")[0] == "lamp-flickers"


def test_without_scripts_the_subject_leads_as_well(client: TestClient) -> None:
    page = client.get("/requests/new").text
    fields = dict(re.findall(r'<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page))
    answer = client.post("/requests", data=fields | {"email": "kim@example.com", "subject": "refund", "description": PARAGRAPH, "check": "1"}).text
    assert re.findall(r'data-suggestion="([^"]+)"', answer)[:1] == ["return-a-lamp"]
