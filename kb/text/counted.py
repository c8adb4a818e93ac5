"""Numbers with what they count, one of it or several."""

ONE = {
    "visits": "visit",
    "tickets": "ticket",
    "searches": "search",
    "requesters": "requester",
    "requests": "request",
    "votes": "vote",
    "readings": "reading",
    "events": "event",
}


def counted(number: int, things: str) -> str:
    """Return `1 visit that opened the form`, `1,200 visits that opened the form`: `things` is written for several."""
    return f"{number:,} {noun(number, things)}"


def noun(number: int, things: str) -> str:
    """Return `things` with its nouns for one where `number` is 1."""
    return " ".join(ONE.get(word, word) for word in things.split(" ")) if number == 1 else things
