"""Parse the YAML between the `---` lines strictly, so that a mistake is reported and not guessed at."""

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import yaml

from kb.articles.article import ArticleType
from kb.articles.source.strict_yaml import FAST_LOADER, BadYaml, compose
from kb.text.characters import settled

MAX_BYTES = 16 * 1024
Checker = Callable[[Any], Any]


class BadFrontMatter(ValueError):
    """The front matter cannot be used; `line` counts from the top of the file."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The checked values by key, the line each key stands on, the body and the line it begins on."""

    values: dict[str, Any]
    lines: dict[str, int] = field(default_factory=dict)
    body: str = ""
    body_line: int = 1


def read(text: str, keys: dict[str, Checker], required: tuple[str, ...] = ("title",)) -> FrontMatter:
    """The front matter and the body under it; raises BadFrontMatter with the line and what to do."""
    header, body, body_line = _split(text)
    values: dict[str, Any] = {}
    lines: dict[str, int] = {}
    for key_node, value_node in _pairs(header):
        key, line = _key(key_node, keys, lines)
        lines[key] = line
        try:
            values[key] = keys[key](_value(value_node))
        except (ValueError, OverflowError) as error:
            raise BadFrontMatter(line, f"`{key}` {error}") from None
    for key in required:
        if key not in values:
            raise BadFrontMatter(1, f"`{key}` is missing: add a line `{key}: …` to the front matter")
    return FrontMatter(values, lines, body, body_line)


def _split(text: str) -> tuple[str, str, int]:
    opening = re.match(r"---[ \t]*\n", text)
    if not opening:
        raise BadFrontMatter(1, "there is no front matter: begin the file with a line `---`, then `title: …`, then `---`")
    closing = re.compile(r"^(?:---|\.\.\.)[ \t]*$\n?", re.MULTILINE).search(text, opening.end())
    if not closing:
        raise BadFrontMatter(1, "the front matter has no end: close it with a line `---`")
    header = text[opening.end() : closing.start()]
    if len(header.encode()) > MAX_BYTES:
        raise BadFrontMatter(1, f"the front matter has {len(header.encode())} bytes; at most {MAX_BYTES} are read")
    return header, text[closing.end() :], text.count("\n", 0, closing.end()) + 1


def _pairs(header: str) -> list[tuple[yaml.Node, yaml.Node]]:
    try:
        node = _compose(header)
    except BadYaml as error:
        raise BadFrontMatter(error.line, str(error)) from None
    if node is None:
        return []
    if not isinstance(node, yaml.MappingNode):
        raise BadFrontMatter(2, "the front matter must be lines of `key: value`")
    return list(node.value)


def _compose(header: str) -> yaml.Node | None:
    try:
        return compose(header, first_line=2, what="the front matter", loader=FAST_LOADER)
    except BadYaml:  # the usual loader takes more escapes, and says what is wrong in other words
        return compose(header, first_line=2, what="the front matter")


def _key(node: yaml.Node, keys: dict[str, Checker], seen: dict[str, int]) -> tuple[str, int]:
    line = node.start_mark.line + 2
    if not isinstance(node, yaml.ScalarNode):
        kind = "a list" if isinstance(node, yaml.SequenceNode) else "lines of `key: value`"
        raise BadFrontMatter(line, f"unknown key: it cannot be {kind}; known are {', '.join(keys)}")
    key = str(node.value)
    if key in seen:
        raise BadFrontMatter(line, f"`{key}` stands here for the second time (first in line {seen[key]}): keep one")
    if key not in keys or node.tag != "tag:yaml.org,2002:str":
        near = difflib.get_close_matches(key.lower(), keys, n=1, cutoff=0.5)
        hint = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(keys)}"
        raise BadFrontMatter(line, f"unknown key `{key[:60]}`: {hint}")
    return key, line


def _value(node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    raise ValueError("cannot hold `key: value` lines of its own")


def _scalar(node: yaml.ScalarNode) -> Any:
    kind = node.tag.rpartition(":")[2]
    if kind == "timestamp":
        return str(node.value)
    if kind == "null":
        return None
    if kind == "bool":
        return bool(yaml.SafeLoader.bool_values[node.value.lower()])
    if kind == "int" and len(node.value) < 30 and re.fullmatch(r"[-+]?[0-9]+", node.value):
        return int(node.value) if not re.match(r"[-+]?0[0-9]", node.value) else str(node.value)
    return str(node.value)


def text(value: Any) -> str:
    """One line of text; a bare number is taken as it was written."""
    if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
        raise ValueError(f"must be text, not {_kind(value)}")
    try:
        str(value).encode()
    except UnicodeEncodeError:
        raise ValueError("holds half a character (a lone surrogate): write the character itself") from None
    return re.sub(r"\s+", " ", settled(re.sub(r"[\x00-\x1f\x7f]", " ", str(value)))).strip() or _empty()


def whole(value: Any) -> int:
    """A whole number from -10,000 to 10,000."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 10_000:
        raise ValueError(f"must be a whole number up to 10000, not {_kind(value)}")
    return value


def positive(value: Any) -> int:
    """A whole number from 1 to 10,000."""
    if whole(value) < 1:
        raise ValueError(f"must be a whole number from 1 on, not {value}")
    return whole(value)


def truth(value: Any) -> bool:
    """`true` or `false`."""
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {_kind(value)}")
    return value


def findable(value: Any) -> bool | float:
    """Whether search finds it, or how many times as much as others it counts there, from 0.1 to 10."""
    if isinstance(value, bool):
        return value
    if not re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,4})?", str(value)) or not 0.1 <= float(str(value)) <= 10:
        raise ValueError(f"must be true, false or a number from 0.1 to 10, not {_shown(value)}")
    return float(str(value))


def moment(value: Any) -> datetime:
    """A date or a date with time, ISO 8601; without an offset it is UTC."""
    try:
        written = str(value).strip()
        day = date.fromisoformat(written) if len(written) <= 10 else None
        found = datetime(day.year, day.month, day.day, tzinfo=UTC) if day else datetime.fromisoformat(written)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"must be a date such as 2026-05-31 or 2026-05-31T09:00:00+02:00, not {_shown(value)}") from None


def words(value: Any) -> tuple[str, ...]:
    """A list of texts, at most 100; one text counts as a list of one."""
    items = value if isinstance(value, list) else [value]
    if len(items) > 100:
        raise ValueError("holds more than 100 items")
    return tuple(text(item) for item in items)


def kind(value: Any) -> ArticleType:
    """One of the types of article."""
    try:
        return ArticleType(value)
    except ValueError:
        near = difflib.get_close_matches(str(value), list(ArticleType), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(f"must be one of {', '.join(ArticleType)}, not {_shown(value)}{hint}") from None


def locale(value: Any) -> str:
    """A language tag such as `en` or `pt-br`."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", value):
        raise ValueError(f"must be a language tag such as en or pt-br, not {_shown(value)}")
    return value.lower()


def _shown(value: Any) -> str:
    return repr(value[:40]) if isinstance(value, str) and value else f"{value}" if type(value) is int else _kind(value)


def _kind(value: Any) -> str:
    names = {bool: "true or false", list: "a list", int: "a number", type(None): "nothing", str: "text" if value else "an empty text"}
    return names.get(type(value), "that")


def _empty() -> str:
    raise ValueError("must not be empty")


ARTICLE_KEYS: dict[str, Checker] = {
    "title": text,
    "id": text,
    "summary": text,
    "type": kind,
    "tags": words,
    "keywords": words,
    "order": whole,
    "promoted": truth,
    "draft": truth,
    "publish_at": moment,
    "audience": text,
    "owner": text,
    "review_by": moment,
    "aliases": words,
    "locale": locale,
    "related": words,
    "search": findable,
    "minutes": positive,
}
CATEGORY_KEYS: dict[str, Checker] = {"title": text, "description": text, "order": whole}
