"""A small help centre of a bicycle shop, and both engines filled with it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kb.articles.article import Passage
from search.engine import Document, Engine, Query
from search.engines.embedded import EmbeddedEngine
from search.index.store import Store
from tests.services import MeilisearchServer


def document(slug: str, title: str, *passages: tuple[str, str], **fields: Any) -> Document:
    """A document whose passages are (heading, text); the digest follows from what it says."""
    made = tuple(Passage(heading.lower().replace(" ", "-"), (heading,) if heading else (), text) for heading, text in passages)
    plain = {"category": "help", "category_name": "Help", "section": "", "section_name": "", "type": "article", "locale": "en"} | fields
    return Document(
        slug=slug, path=f"help/{slug}.md", title=title, url=f"/articles/{slug}", digest=str(hash((title, made, str(plain)))), passages=made, **plain
    )


SHOP = [
    document(
        "return-a-bicycle",
        "Return a bicycle",
        ("", "You may send a bicycle back within thirty days."),
        ("Pack the box", "Turn the handlebar and take off the pedals. Use the carton it came in."),
        ("Get the money back", "We refund the purchase price to your credit card once the bicycle has arrived in our warehouse."),
        category="orders",
        category_name="Orders",
        tags=("refund",),
    ),
    document(
        "track-an-order",
        "Track an order",
        ("", "The tracking number is in the mail we sent you. Parcels take three working days."),
        category="orders",
        category_name="Orders",
    ),
    document(
        "charge-the-battery",
        "Charge the battery of an electric bicycle",
        ("", "Charge at room temperature with the charger supplied."),
        ("The light blinks red", "A red light means that the battery is too hot. Let it cool down, then plug the charger in again."),
        category="riding",
        category_name="Riding",
        type="troubleshooting",
        tags=("battery", "electric"),
    ),
    document(
        "adjust-the-brakes",
        "Adjust the brakes",
        ("", "Squeaking disc brakes are often dirty. Clean the rotor with alcohol."),
        ("Brakes that rub", "Loosen both bolts of the calliper, pull the lever and tighten them."),
        category="riding",
        category_name="Riding",
    ),
    document("internal-prices", "Dealer prices", ("", "The bicycle costs dealers less: zanzibar."), audience="agents"),
    document("open-hours", "Opening hours", ("", "The shop is open from Monday to Saturday."), type="faq"),
]


def first(engine: Any, text: str, **fields: Any) -> str:
    """The slug of the first hit; empty when there is none."""
    hits = engine.search(Query(text, **fields)).hits
    return hits[0].slug if hits else ""


@pytest.fixture
def embedded(tmp_path: Path) -> EmbeddedEngine:
    """The embedded engine, empty."""
    return EmbeddedEngine(Store(tmp_path / "search.sqlite"))


class Pair:
    """An engine under test and what it needs beside it; `fill` brings both to the same documents."""

    def __init__(self, engine: Engine, embedded: EmbeddedEngine) -> None:
        self.engine = engine
        self.embedded = embedded
        self.search = engine.search

    def fill(self, documents: Iterable[Document]) -> None:
        held = list(documents)
        self.embedded.sync(held)
        if self.engine is not self.embedded:
            self.engine.sync(held)


@pytest.fixture(params=["embedded", pytest.param("meilisearch", marks=pytest.mark.slow)])
def pair(request: pytest.FixtureRequest, embedded: EmbeddedEngine) -> Pair:
    """Each engine in turn, filled with the shop."""
    pair = Pair(embedded, embedded)
    if request.param == "meilisearch":
        server, index = request.getfixturevalue("meilisearch"), request.getfixturevalue("meilisearch_index")
        pair = Pair(meilisearch_engine(server, index, embedded), embedded)
    pair.fill(SHOP)
    return pair


def meilisearch_engine(server: MeilisearchServer, index: str, embedded: EmbeddedEngine) -> Any:
    """The Meilisearch engine on an index of its own; a loaded machine gets ten seconds."""
    from search.engines.meilisearch.client import Clients
    from search.engines.meilisearch.engine import MeilisearchEngine

    return MeilisearchEngine(Clients(server.url, "", server.key, 120.0), index, embedded)


@pytest.fixture
def changed() -> Callable[..., Document]:
    """A document of the shop with other fields and so another digest."""

    def change(slug: str, **fields: Any) -> Document:
        held = next(one for one in SHOP if one.slug == slug)
        return replace(held, **fields, digest=str(hash(str(fields))))

    return change
