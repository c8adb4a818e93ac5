"""What was done just now, named in the address of the page that follows."""

from urllib.parse import urlencode

from starlette.requests import Request

from kb.text.whole_number import parse_whole_number

DONE_HERE = {
    "sent": "Your reply was sent.",
    "sent-before": "You already sent this reply. It was not sent again.",
    "noted": "Your note is added.",
    "noted-before": "You already added this note. It was not added again.",
    "saved": "The properties are saved.",
    "taken": "The ticket is yours.",
    "discarded": "Your draft is discarded.",
    "restored": "Your draft is back.",
    "released": "The ticket is released. Its requester gets the confirmation by email.",
    "followed-up": "Your follow-up is filed as this ticket.",
}
DONE_AT = {"saved": "properties", "released": "top", "followed-up": "top"}
"""Where on the ticket's page a person goes on after what was done, unless that is the end of the conversation."""
DONE_THERE = {
    "sent": "Your reply to #{} was sent.",
    "sent-before": "You already sent this reply to #{}. It was not sent again.",
    "noted": "Your note on #{} is added.",
    "noted-before": "You already added this note on #{}. It was not added again.",
}


def flash(request: Request) -> str:
    """Return what was done just now, in words; empty when nothing was."""
    done, of = request.query_params.get("done", ""), request.query_params.get("of", "")
    if parse_whole_number(of) is not None and done in DONE_THERE and str(request.path_params.get("id")) != of:
        return DONE_THERE[done].format(of)
    return DONE_HERE.get(done, "")


def done_at(request: Request) -> str:
    """Return the part of the ticket's page that says what was done: where the person goes on, so that the focus can go there."""
    done, of = request.query_params.get("done", ""), request.query_params.get("of", "")
    is_elsewhere = bool(of) and str(request.path_params.get("id")) != of
    return "top" if is_elsewhere else DONE_AT.get(done, "conversation")


def way_back(request: Request, number: int, suffix: str = "", **said: str) -> str:
    """Return the address of the ticket's page, or of one below it, still in the view and order it was opened from; `done` is what can be said there."""
    kept = {name: value for name in ("view", "order") if (value := request.query_params.get(name, "")).replace("-", "").isalnum()}
    query = urlencode(kept | said)
    return f"/desk/tickets/{number}{suffix}" + (f"?{query}" if query else "")
