"""The engines that the settings ask for.

Their packages are imported here only: without a server or an embedder they would cost memory for nothing, and numpy is an extra.
"""

import json
from typing import TYPE_CHECKING

from kb.config import Settings
from search.engines.embedded import EmbeddedEngine
from search.index.store import Store

if TYPE_CHECKING:
    from search.engines.embeddings import EmbeddingIndex
    from search.engines.meilisearch.engine import MeilisearchEngine


def meilisearch_engine(settings: Settings, embedded: EmbeddedEngine, *, may_index: bool = True) -> "MeilisearchEngine":
    """Return the engine of the configured Meilisearch server, with `embedded` beside it."""
    from search.engines.meilisearch.client import Clients
    from search.engines.meilisearch.engine import MeilisearchEngine

    key, index_key = settings.meilisearch_key.get_secret_value(), settings.meilisearch_index_key.get_secret_value()
    keys = key or index_key, index_key if may_index else ""
    embedder = json.loads(settings.meilisearch_embedder) if settings.meilisearch_embedder else None
    return MeilisearchEngine(Clients(settings.meilisearch_url, *keys, settings.search_timeout_s), settings.meilisearch_index, embedded, embedder=embedder)


def embedding_index(settings: Settings, store: Store) -> "EmbeddingIndex":
    """Return the index of vectors from the configured embeddings endpoint."""
    from search.engines.embeddings import EmbeddingIndex, Endpoint

    return EmbeddingIndex(Endpoint(settings.embeddings_url, settings.embeddings_model, settings.embeddings_key.get_secret_value()), store)
