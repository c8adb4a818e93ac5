"""The statistics of an index, kept in an index of their own beside it."""

from collections.abc import Callable
from typing import Any

from search.engines.meilisearch.client import Clients, MeilisearchApiError

MOST_PARTS = 200


class KeptStatistics:
    """Writes and reads them; raises the client's errors."""

    def __init__(self, clients: Clients, index: str) -> None:
        self._clients, self._name = clients, f"{index}__statistics"

    def read(self, digest: str) -> list[str] | None:
        """Return the parts of the statistics with this digest; None where others are kept, none, or not all of them yet."""
        try:
            found = self._clients.reading.index(self._name).search("", {"limit": MOST_PARTS})["hits"]
        except MeilisearchApiError as error:
            if error.code == "index_not_found":
                return None
            raise
        ours = sorted((part for part in found if part.get("digest") == digest), key=lambda part: int(part["id"]))
        return [str(part["part"]) for part in ours] if ours and len(ours) == ours[0]["parts"] else None

    def keep(self, digest: str, pack: Callable[[], list[str]]) -> None:
        """Replace what is kept by what `pack` makes, unless that is kept already."""
        if self._is_kept(digest):
            return
        parts = pack()
        rows = [{"id": number, "digest": digest, "parts": len(parts), "part": part} for number, part in enumerate(parts)]
        self._client.http.patch(f"indexes/{self._name}/settings", {"searchableAttributes": ["digest"]})
        self._client.index(self._name).delete_all_documents()
        for row in rows[:MOST_PARTS]:
            self._client.http.post(f"indexes/{self._name}/documents?primaryKey=id", [row])

    def drop(self) -> None:
        """Delete them."""
        self._client.index(self._name).delete()

    @property
    def _client(self) -> Any:
        return self._clients.indexing

    def _is_kept(self, digest: str) -> bool:
        try:
            found = self._client.http.post(f"indexes/{self._name}/documents/fetch", {"limit": MOST_PARTS, "fields": ["digest", "parts"]})["results"]
        except MeilisearchApiError as error:
            if error.code == "index_not_found":
                return False
            raise
        return bool(found) and all(part.get("digest") == digest for part in found) and len(found) == found[0]["parts"]
