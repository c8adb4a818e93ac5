"""What a page may report of itself: one small JSON object, every part of it checked."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kb.events.models import Kind
from kb.text.cleanup import clean

MAX_BYTES = 8192
MOST_HITS = 50
LAST_RANK = 1000
SLUG = re.compile(r"[^\s/?#\x00]{1,200}")
LOCALE = re.compile(r"(?=.{2,16}$)[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
DIGEST = re.compile(r"[0-9a-f]{1,64}")
REPORTABLE = frozenset((Kind.ARTICLE_ENGAGED, Kind.SEARCH_CLICK, Kind.SUGGEST_SHOWN, Kind.SUGGEST_CLICK, Kind.FORM_ABANDONED, Kind.SCRIPT_RAN))
OF_ONE_ARTICLE = frozenset((Kind.ARTICLE_ENGAGED, Kind.SEARCH_CLICK, Kind.SUGGEST_CLICK))


class BadBeacon(ValueError):
    """The report cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Beacon:
    """One report: a kind, and the columns of Event that it brought."""

    kind: Kind
    columns: Mapping[str, Any]

    @property
    def slugs(self) -> list[str]:
        """Every article it names."""
        named = [*(self.columns.get("hits") or ()), self.columns.get("slug")]
        return [slug for slug in named if slug]


def parse_beacon(body: bytes) -> Beacon:
    """The report in `body`, whatever its content type; raises BadBeacon."""
    try:
        report = json.loads(body)
    except (ValueError, RecursionError):
        raise BadBeacon("not JSON") from None
    if not isinstance(report, dict):
        raise BadBeacon("not an object")
    kind = _kind(report.get("kind"))
    columns: dict[str, Any] = {"slug": _slug(report.get("slug")), "digest": _digest(report.get("digest")), "rank": _rank(report.get("rank"))}
    columns |= {"query": _query(report.get("query")), "hits": _hits(report.get("hits")), "locale": _locale(report.get("locale"))}
    if kind in OF_ONE_ARTICLE and columns["slug"] is None:
        raise BadBeacon("slug is missing")
    if columns["hits"] is not None:
        columns["hit_count"] = len(columns["hits"])
    return Beacon(kind, {name: value for name, value in columns.items() if value is not None})


def _kind(value: Any) -> Kind:
    if not isinstance(value, str) or value not in REPORTABLE:
        raise BadBeacon("kind is none that a page may report")
    return Kind(value)


def _slug(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not SLUG.fullmatch(clean(value)):
        raise BadBeacon("slug is no slug")
    return clean(value)


def _digest(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not DIGEST.fullmatch(value):
        raise BadBeacon("digest is no digest")
    return value


def _locale(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not LOCALE.fullmatch(value):
        raise BadBeacon("locale is no language")
    return value


def _rank(value: Any) -> int | None:
    if value is None:
        return None
    if type(value) is not int or not 1 <= value <= LAST_RANK:
        raise BadBeacon("rank is not between 1 and 1000")
    return value


def _query(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadBeacon("query is no text")
    return clean(value)[:2000] or None


def _hits(value: Any) -> list[str] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > MOST_HITS:
        raise BadBeacon("hits is no short list")
    return [slug for slug in map(_slug, value) if slug]
