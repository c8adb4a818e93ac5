"""Connections to Meilisearch: kept alive, one client for each thread, every wait and every answer bounded.

The only module that imports meilisearch.
"""

import threading
from collections.abc import Iterator, Mapping
from time import monotonic
from typing import Any

import requests
from meilisearch import Client
from meilisearch._httprequests import HttpRequests
from meilisearch.config import Config
from meilisearch.errors import MeilisearchApiError, MeilisearchError
from meilisearch.index import Index
from meilisearch.models.task import TaskInfo
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import PoolManager
from urllib3.exceptions import ConnectTimeoutError, HTTPError, LocationValueError, ReadTimeoutError

from search.engines.bounded_http import bound_answers

MAX_ANSWER_BYTES = 16_000_000
INDEXING_TIMEOUT_S = 30.0
MEANING_TIMEOUT_S = 0.3

__all__ = ["Clients", "MeilisearchApiError", "MeilisearchError"]


class Clients:
    """A searching client and an indexing client for each thread that asks: a client shared by threads loses calls."""

    def __init__(self, url: str, key: str, index_key: str, timeout_s: float) -> None:
        self._url = url
        self._key = key or index_key
        self._index_key = index_key or key
        self._timeout_s = timeout_s
        self._local = threading.local()

    @property
    def searching(self) -> Client:
        """This thread's client with the key that may only search."""
        return self._client("searching", self._key, self._timeout_s)

    @property
    def indexing(self) -> Client:
        """This thread's client with the key that may write."""
        return self._client("indexing", self._index_key, INDEXING_TIMEOUT_S)

    @property
    def reading(self) -> Client:
        """This thread's searching client for what may take as long as a large answer needs."""
        return self._client("reading", self._key, INDEXING_TIMEOUT_S)

    @property
    def meaning(self) -> Client:
        """This thread's searching client for what may take as long as an embedder may."""
        return self._client("meaning", self._key, MEANING_TIMEOUT_S)

    def _client(self, name: str, key: str, timeout_s: float) -> Client:
        client: Client | None = getattr(self._local, name, None)
        if client is None:
            client = _KeptClient(self._url, key or None)
            client.http = _KeptAlive(client.config, timeout_s)
            client.task_handler.http = client.http
            setattr(self._local, name, client)
        return client


class _KeptClient(Client):
    """Lets its indexes use its own connection: left alone, each opens one anew for every call, and waits for ever."""

    def index(self, uid: str) -> Index:
        index = super().index(uid)
        index.http = index.task_handler.http = self.http
        return index

    def create_index(self, uid: str, options: Mapping[str, Any] | None = None, **_: Any) -> TaskInfo:
        return TaskInfo(**self.http.post(self.config.paths.index, {"uid": uid} | dict(options or {})))


class _KeptAlive(HttpRequests):
    """The client's own requests over one session. Without `identity` a kept connection costs 44 ms a call."""

    def __init__(self, config: Config, timeout_s: float) -> None:
        super().__init__(config)
        self.session = _BoundedSession(timeout_s)

    def send_request(self, http_method: Any, *args: Any, **options: Any) -> Any:
        try:
            return super().send_request(getattr(self.session, http_method.__name__), *args, **options)
        except requests.RequestException as error:  # those the client does not know: a broken body, too many redirects
            raise MeilisearchError(f"{type(error).__name__}: {error}") from error


class _BoundedSession(requests.Session):
    """Gives up on an answer that is too slow as a whole or too large.

    Searches go to urllib3 directly: requests' own way there took as long as a fifth of the search.
    """

    def __init__(self, timeout_s: float) -> None:
        super().__init__()
        self.headers["Accept-Encoding"] = "identity"
        self.trust_env = False  # proxies and .netrc are looked up anew for every call otherwise
        self.max_redirects = 2
        for adapter in self.adapters.values():
            bound_answers(adapter.poolmanager)  # type: ignore[attr-defined]
        self._timeout_s = timeout_s
        self._manager = bound_answers(PoolManager(num_pools=1, cert_reqs="CERT_REQUIRED", ca_certs=DEFAULT_CA_BUNDLE_PATH))

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        deadline = monotonic() + self._timeout_s
        options["timeout"] = self._timeout_s
        if method.upper() == "DELETE" and options.get("data") == "null":
            options["data"] = None  # the client's empty body: the server leaves it unread, and at times never answers the connection's next call
        response = self._searched(url, options) if url.endswith("search") and method.upper() == "POST" else None
        if response is None:
            response = super().request(method, url, stream=True, **options)
        try:
            response._content = b"".join(self._pieces(response, deadline))
        except HTTPError as error:  # urllib3's own: a connection cut off, a chunk that is none
            raise requests.ConnectionError(str(error)) from error
        response._content_consumed = True
        return response

    def _searched(self, url: str, options: dict[str, Any]) -> requests.Response | None:
        """Return the answer to a search, not read yet; None where it leads elsewhere."""
        headers = {**options["headers"], "Accept-Encoding": "identity"}
        try:
            raw = self._manager.urlopen(
                "POST", url, body=options["data"], headers=headers, timeout=self._timeout_s, retries=False, redirect=False, preload_content=False
            )
        except (ConnectTimeoutError, ReadTimeoutError) as error:
            raise requests.Timeout(str(error)) from error
        except LocationValueError as error:
            raise requests.exceptions.InvalidSchema(str(error)) from error
        except HTTPError as error:
            raise requests.ConnectionError(str(error)) from error
        if raw.get_redirect_location():
            raw.drain_conn()
            return None
        response = requests.Response()
        response.status_code, response.reason, response.url, response.raw = raw.status, raw.reason or "", url, raw
        response.headers = requests.structures.CaseInsensitiveDict(raw.headers)
        return response

    @staticmethod
    def _pieces(response: requests.Response, deadline: float) -> Iterator[bytes]:
        size = 0
        while piece := response.raw.read1(65536):
            size += len(piece)
            if size > MAX_ANSWER_BYTES or monotonic() > deadline:
                response.close()
                raise requests.ConnectionError("the answer is too large" if size > MAX_ANSWER_BYTES else "the answer takes too long")
            yield piece
