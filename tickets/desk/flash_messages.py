"""Say on the next page what was just done."""

from urllib.parse import urlencode

from starlette.requests import Request

from kb.i18n import N_
from kb.i18n import gettext as _
from kb.text.cleanup import clean
from kb.text.whole_number import parse_whole_number

DONE_HERE = {
    "sent": N_("Your reply was sent."),
    "sent-before": N_("You already sent this reply. It was not sent again."),
    "noted": N_("Your note was added."),
    "noted-before": N_("You already added this note. It was not added again."),
    "saved": N_("The properties were saved."),
    "taken": N_("The ticket is assigned to you."),
    "discarded": N_("Your draft was discarded."),
    "kept": N_("Your draft was saved."),
    "restored": N_("Your draft was restored."),
    "released": N_("The request was released. The requester gets a confirmation by email."),
    "followed-up": N_("This is your follow-up ticket."),
}
DONE_AWAY = N_("#%(number)s was saved. It’s now with a group or person whose tickets you don’t see.")
"""Said on the list of tickets."""
DONE_AT = {"saved": "properties", "released": "top", "followed-up": "top"}
"""Where on the ticket's page a person goes on after what was done, unless that is the end of the conversation."""
DONE_THERE = {
    "sent": N_("Your reply to #%(number)s was sent."),
    "sent-before": N_("You already sent this reply to #%(number)s. It was not sent again."),
    "noted": N_("Your note on #%(number)s was added."),
    "noted-before": N_("You already added this note on #%(number)s. It was not added again."),
}


def flash(request: Request) -> str:
    """Return what was done just now, in words; empty when nothing was."""
    done, of = request.query_params.get("done", ""), request.query_params.get("of", "")
    if parse_whole_number(of) is not None and done == "away":
        return _(DONE_AWAY, number=of)
    if parse_whole_number(of) is not None and done in DONE_THERE and str(request.path_params.get("id")) != of:
        return _(DONE_THERE[done], number=of)
    if done == "released" and not request.app.state.settings.sends_mail:
        return _("The request was released. The requester gets no email, because no mail server is set up.")
    return _(DONE_HERE.get(done, ""))


def done_at(request: Request) -> str:
    """Return the part of the ticket's page that says what was done: where the person goes on, so that the focus can go there."""
    done, of = request.query_params.get("done", ""), request.query_params.get("of", "")
    is_elsewhere = bool(of) and str(request.path_params.get("id")) != of
    return "top" if is_elsewhere else DONE_AT.get(done, "conversation")


def way_back(request: Request, number: int, suffix: str = "", **said: str) -> str:
    """Return the address of the ticket's page, or of one below it, still in the view and order it was opened from; `done` is what can be said there."""
    kept = {name: value[:500] for name in ("view", "q", "order") if (value := clean(request.query_params.get(name, "")))}
    query = urlencode(kept | said)
    return f"/desk/tickets/{number}{suffix}" + (f"?{query}" if query else "")
