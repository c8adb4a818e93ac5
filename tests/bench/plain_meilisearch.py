"""Meilisearch as everybody calls it, to measure ours beside."""

from collections.abc import Iterable

from search.engine import Document, Query
from search.engines.meilisearch.client import Clients
from search.engines.meilisearch.index import identifier
from tests.bench.quality import Ask

INDEX = "plain"


def plain_meilisearch(clients: Clients, documents: Iterable[Document]) -> Ask:
    """Titles and bodies in an index with the usual settings, asked in one query with `matchingStrategy: last`."""
    client = clients.indexing
    index = client.index(INDEX)
    tasks = [index.update_searchable_attributes(["title", "body"]), index.update_filterable_attributes(["category"])]
    rows = [{"id": identifier(one.slug), "slug": one.slug, "category": one.category, "title": one.title, "body": _body(one)} for one in documents]
    tasks += index.add_documents_in_batches(rows, 1000, primary_key="id")
    for task in tasks:
        client.wait_for_task(task.task_uid, timeout_in_ms=600_000)

    def ask(query: Query) -> tuple[list[str], float]:
        options = {"limit": query.limit, "attributesToRetrieve": ["slug"], "filter": [f'category = "{query.category}"'] if query.category else []}
        return [hit["slug"] for hit in clients.searching.index(INDEX).search(query.text, options)["hits"]], 0.0

    return ask


def _body(document: Document) -> str:
    return "\n".join(text for passage in document.passages for text in (*passage.trail[-1:], passage.text))
