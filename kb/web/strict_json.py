"""Reading JSON from strangers: bounded, in UTF-8, with one meaning."""

import json
from typing import Any

MAX_DEPTH = 20


class BadJson(Exception):
    """The body cannot be read as one JSON object; `status` is 400 for bad syntax, 422 for what is legal and means nothing."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def read_object(body: bytes) -> dict[str, Any]:
    """The object in `body`. Raises BadJson, also for duplicate keys, NaN, numbers without end, deep nesting and halves of characters."""
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise BadJson(400, "The body is not UTF-8.") from None
    except RecursionError:
        raise BadJson(400, f"The JSON is nested more than {MAX_DEPTH} deep.") from None
    except json.JSONDecodeError as error:
        raise BadJson(400, f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None
    except ValueError:
        # Python refuses whole numbers of more than 4,300 digits.
        raise BadJson(400, "A number in the body is too long.") from None
    if not isinstance(value, dict):
        raise BadJson(422, "The body must be a JSON object.")
    _require_whole(value)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BadJson(422, "A key stands twice in one object.")
    return found


def _no_constant(name: str) -> None:
    raise BadJson(422, f"{name} is no number.")


def _require_whole(value: Any) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise BadJson(400, f"The JSON is nested more than {MAX_DEPTH} deep.")
        if any(isinstance(text, str) and not _is_whole(text) for text in level):
            raise BadJson(422, "A text holds half a character (a lone surrogate, such as \\ud800). Send the whole character.")
        level = [child for parent in level for child in _parts(parent)]


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list) else []
