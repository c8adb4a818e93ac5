"""What was done just now, named in the address of the page that follows."""

from starlette.requests import Request

DONE_HERE = {
    "sent": "Your reply is on its way.",
    "noted": "Your note is added.",
    "saved": "The properties are saved.",
    "taken": "The ticket is yours.",
    "released": "The ticket is released: its requester is told that it arrived.",
}
DONE_THERE = {"sent": "Your reply to #{} is on its way.", "noted": "Your note on #{} is added."}


def flash(request: Request) -> str:
    """What was done just now, in words; empty when nothing was."""
    done, of = request.query_params.get("done", ""), request.query_params.get("of", "")
    if of.isascii() and of.isdigit() and done in DONE_THERE and str(request.path_params.get("id")) != of:
        return DONE_THERE[done].format(of[:18])
    return DONE_HERE.get(done, "")


def way_back(request: Request, number: int, done: str) -> str:
    """The ticket's own page, still in the view and order it was opened from; `done` is a key of what can be said there."""
    query = "&".join(f"{name}={value}" for name in ("view", "order") if (value := request.query_params.get(name, "")).replace("-", "").isalnum())
    return f"/desk/tickets/{number}?done={done}" + (f"&{query}" if query else "")
