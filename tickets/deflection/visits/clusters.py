"""Group queries that mean the same under their most frequent wording."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

import Stemmer
from rapidfuzz import fuzz

MOST_CLUSTERS = 5_000
MERGED_CLUSTERS = 300
STORED_CLUSTERS, STORED_WORDINGS = 50, 5
NEAR = 88.0
STOP_WORDS = (
    "a an and are as at be by can cannot can't could do does don't for from get has have how i i'm if in is isn't it it's me my not of on or our please "
    "should that the there this to was we what when where which why will with won't would you your"
)
_STOP_WORDS = frozenset(STOP_WORDS.split())
StoredCluster = tuple[str, int, int, int, int, list[int], dict[str, int]]
"""Key, intents, no hits, unanswered, ended in a ticket, those tickets, wordings."""
WORD = re.compile(r"[\w']+")


@dataclass(slots=True)
class Cluster:
    """One thing people search for."""

    queries: Counter[str] = field(default_factory=Counter)
    count: int = 0
    """Intents."""
    no_hits: int = 0
    """Of those, how many found nothing."""
    unanswered: int = 0
    """How many found nothing, or nothing that the engine believed in."""
    to_ticket: int = 0
    """Intents whose visit ended in a ticket."""
    tickets: set[int] = field(default_factory=set)
    """The tickets those visits filed."""

    @property
    def query(self) -> str:
        """The most frequent wording; of equals the first in the alphabet."""
        return min(self.queries, key=lambda query: (-self.queries[query], query)) if self.queries else ""

    def absorb(self, other: "Cluster") -> None:
        """Counts the other's searches here."""
        self.queries.update(other.queries)
        self.count += other.count
        self.no_hits += other.no_hits
        self.unanswered += other.unanswered
        self.to_ticket += other.to_ticket
        self.tickets |= other.tickets


class Clusters:
    """Clusters by the words that matter, whatever their order and ending; the rarest are forgotten when there are too many."""

    def __init__(self) -> None:
        self._clusters: dict[str, Cluster] = {}

    def of(self, query: str) -> Cluster:
        """The cluster `query` belongs to, new if it is the first."""
        key = cluster_key(query)
        cluster = self._clusters.get(key)
        if cluster is None:
            if len(self._clusters) >= MOST_CLUSTERS:
                self._forget_rarest()
            cluster = self._clusters[key] = Cluster()
        return cluster

    def add(self, stored: Iterable[StoredCluster]) -> None:
        """Counts the stored clusters of a day here."""
        for key, count, no_hits, unanswered, to_ticket, tickets, queries in stored:
            cluster = self._clusters.get(key)
            if cluster is None:
                cluster = self._clusters[key] = Cluster()
            cluster.count += count
            cluster.no_hits += no_hits
            cluster.unanswered += unanswered
            cluster.to_ticket += to_ticket
            cluster.tickets.update(tickets)
            for query, times in queries.items():
                cluster.queries[query] = cluster.queries.get(query, 0) + times

    def to_json(self) -> list[StoredCluster]:
        """The weightiest clusters with an unanswered search, each with its most frequent wordings, to store with a day."""
        open_ones = sorted((item for item in self._clusters.items() if item[1].unanswered), key=_weight)[:STORED_CLUSTERS]
        return [_stored(key, one, dict(_wordings(one)[:STORED_WORDINGS])) for key, one in open_ones]

    def all_to_json(self) -> list[StoredCluster]:
        """All clusters, to store the sum of days."""
        return [_stored(key, one, one.queries) for key, one in self._clusters.items()]

    def unanswered(self, most: int) -> list[Cluster]:
        """Clusters with searches nobody could answer: those that caused the most tickets first, then the most frequent."""
        open_ones = {key: cluster for key, cluster in self._clusters.items() if cluster.unanswered}
        return merged(open_ones, most)

    def _forget_rarest(self) -> None:
        kept = sorted(self._clusters.items(), key=_weight)[: MOST_CLUSTERS // 2]
        self._clusters = dict(kept)


def merged(clusters: dict[str, Cluster], most: int) -> list[Cluster]:
    """The weightiest clusters, those whose keys differ by a slip taken together."""
    found: list[tuple[str, Cluster]] = []
    for key, cluster in sorted(clusters.items(), key=_weight)[:MERGED_CLUSTERS]:
        near = next((known for known_key, known in found if fuzz.ratio(key, known_key) >= NEAR), None)
        if near is None:
            found.append((key, Cluster()))
            near = found[-1][1]
        near.absorb(cluster)
    return [cluster for _, cluster in sorted(found, key=_weight)[:most]]


def cluster_key(query: str) -> str:
    """The stems of the words that matter, sorted; all words when none does."""
    plain = query.casefold()
    if not plain.isascii():
        plain = "".join(char for char in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(char))
    words = set(WORD.findall(plain))
    return " ".join(sorted({_stem(word) for word in words - _STOP_WORDS or words}))


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    return str(Stemmer.Stemmer("english").stemWord(word))


def _stored(key: str, cluster: Cluster, wordings: dict[str, int]) -> StoredCluster:
    return key, cluster.count, cluster.no_hits, cluster.unanswered, cluster.to_ticket, sorted(cluster.tickets), wordings


def _wordings(cluster: Cluster) -> list[tuple[str, int]]:
    return sorted(cluster.queries.items(), key=lambda item: (-item[1], item[0]))


def _weight(item: tuple[str, Cluster]) -> tuple[int, int, str]:
    key, cluster = item
    return -len(cluster.tickets), -cluster.unanswered, key
