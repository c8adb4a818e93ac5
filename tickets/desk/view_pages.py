"""The pages where views are made, changed, put in order and deleted."""

from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session
from starlette.datastructures import FormData, QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts.models import User
from kb.accounts.permissions import Permission
from kb.accounts.sessions import require_staff
from kb.db import database, now
from kb.i18n import gettext as _
from kb.text.cleanup import one_line
from kb.web.forms import text
from kb.web.templates import render
from tickets.access import person
from tickets.articles_read import open_categories
from tickets.desk import queries
from tickets.lists import columns, filter_labels, sort_orders
from tickets.lists.condition_queries import Viewpoint
from tickets.lists.conditions import TicketFilter
from tickets.lists.filter_words import MAX_FILTER_CHARS, parse
from tickets.lists.list_request import ListRequest
from tickets.lists.page_queries import page
from tickets.lists.view_queries import MOST_VIEWS, count_views, delete_view, store_order, store_view, views_of
from tickets.lists.views import GROUPS, View

MAX_NAME_CHARS = 60
PREVIEWED = 5


def list_views(request: Request) -> Response:
    """Return the page with every view that this person has, in their order."""
    user = require_staff(request)
    with database(request).read() as session:
        views = views_of(session, user.id)
    listed = [(view, _described(request, view), _may_edit(user, view)) for view in views]
    return render(request, "desk/views.html", {"listed": listed, "saved": request.query_params.get("saved", "")})


def new(request: Request) -> Response:
    """Return the form of a new view, with a preview of what it would show."""
    user = require_staff(request)
    return _form(request, user, _from_query(request.query_params, View("", "", "")), {})


def create(request: Request, form: FormData) -> Response:
    """Store a new view and show it."""
    user = require_staff(request)
    return _store(request, user, _from_form(form, user, View("", "", "")))


def edit(request: Request) -> Response:
    """Return the form of a view, filled in, or with what was chosen for the preview."""
    user = require_staff(request)
    view = _own(request, user)
    return _form(request, user, _from_query(request.query_params, view) if "preview" in request.query_params else view, {})


def update(request: Request, form: FormData) -> Response:
    """Store what was changed of a view and show it."""
    user = require_staff(request)
    return _store(request, user, _from_form(form, user, _own(request, user)))


def delete(request: Request, form: FormData) -> Response:  # noqa: ARG001
    """Delete a view; its tickets stay where they are."""
    user = require_staff(request)
    view = _own(request, user)
    with database(request).write() as session:
        delete_view(session, view)
    return RedirectResponse("/desk/views?saved=deleted", 303)


def move(request: Request, form: FormData) -> Response:
    """Put a view one place up or down, for this person."""
    user = require_staff(request)
    slug, step = text(form, "view", 40), -1 if "up" in form else 1
    with database(request).write() as session:
        slugs = [view.slug for view in views_of(session, user.id)]
        if slug in slugs:  # one that was deleted meanwhile has no place
            at = slugs.index(slug)
            to = min(max(at + step, 0), len(slugs) - 1)
            slugs.insert(to, slugs.pop(at))
            store_order(session, user.id, slugs)
    return RedirectResponse("/desk/views?saved=moved", 303)


def may_share(user: User) -> bool:
    """Return whether this person may make views for everybody."""
    return Permission.MANAGE_PEOPLE in user.permissions


def _may_edit(user: User, view: View) -> bool:
    return not view.is_built_in and (view.owner_id == user.id or (view.owner_id is None and may_share(user)))


def _own(request: Request, user: User) -> View:
    """Return the stored view of the address; raises 404 for one that the person does not have, 403 and 409 for one that they, or nobody, may change."""
    with database(request).read() as session:
        view = next((view for view in views_of(session, user.id) if view.slug == request.path_params["view"]), None)
    if view is None:
        raise HTTPException(404)
    if view.is_built_in:
        raise HTTPException(409, _("Built-in views can’t be changed. Create a view like it instead."))
    if not _may_edit(user, view):
        raise HTTPException(403, _("Only people who manage roles can change shared views."))
    return view


def _store(request: Request, user: User, view: View) -> Response:
    with database(request).write() as session:
        errors = _errors(session, view)
        number = store_view(session, view, now()) if not errors else 0
    if errors:
        return _form(request, user, view, errors, status=422)
    return RedirectResponse(f"/desk/views/{number}", 303)


def _from_form(form: FormData, user: User, view: View) -> View:
    chosen = [value for value in form.getlist("column") if isinstance(value, str)]
    texts = {name: text(form, name, 2 * MAX_FILTER_CHARS) for name in ("name", "filter", "order", "group_by", "share")}
    is_shared = bool(texts["share"]) if may_share(user) else False
    return replace(_filled(view, texts, chosen), owner_id=None if is_shared else user.id)


def _from_query(query: QueryParams, view: View) -> View:
    texts = {name: query.get(name, "")[: 2 * MAX_FILTER_CHARS] for name in ("name", "filter", "order", "group_by")}
    filled = _filled(view, texts, query.getlist("column") or columns.USUAL_COLUMNS)
    return replace(filled, owner_id=None if query.get("share") else -1)


def _filled(view: View, texts: dict[str, str], chosen: Any) -> View:
    order, group_by = texts["order"], texts["group_by"]
    return replace(
        view,
        name=one_line(texts["name"]),
        filter=one_line(texts["filter"]),
        order=order if sort_orders.is_order(order) and order != sort_orders.RELEVANCE else sort_orders.USUAL,
        group_by=group_by if group_by in GROUPS else "",
        columns=columns.in_order(chosen),
    )


def _errors(session: Session, view: View) -> dict[str, str]:
    errors = {}
    if not view.name:
        errors["name"] = _("Enter a name for the view.")
    elif len(view.name) > MAX_NAME_CHARS:
        errors["name"] = _("The name must be %(most)s characters or fewer.", most=MAX_NAME_CHARS)
    if problem := _filter_problem(view):
        errors["filter"] = problem
    if view.id is None and count_views(session, view.owner_id) >= MOST_VIEWS // 2:
        errors["name"] = _("There can be %(most)s views. Delete one first.", most=MOST_VIEWS // 2)
    return errors


def _filter_problem(view: View) -> str:
    wanted = parse(view.filter, now())
    if len(view.filter) > MAX_FILTER_CHARS:
        return _("The filter must be %(most)s characters or fewer.", most=MAX_FILTER_CHARS)
    if wanted.problems:
        return wanted.problems[0]
    return _("A view can’t search for words such as “%(words)s”. Use conditions such as tag:refund.", words=wanted.words) if wanted.words else ""


def _form(request: Request, user: User, view: View, errors: dict[str, str], *, status: int = 200) -> Response:
    moment = now()
    wanted = parse(view.filter, moment)
    if view.filter and not errors and (problem := _filter_problem(view)):
        errors = {"filter": problem}
    with database(request).read() as session:
        found = (
            []
            if errors
            else page(session, wanted, Viewpoint(person(user), moment), order=view.order, place=None, limit=PREVIEWED, group_by=view.group_by).tickets
        )
        answered, unconfirmed = queries.answered(session, found), queries.unconfirmed(session, found)
    categories = open_categories(request)
    context = {
        "view": view,
        "errors": errors,
        "is_shared": (view.owner_id is None and view.id is not None) or "share" in request.query_params,
        "may_share": may_share(user),
        "columns": columns.COLUMNS,
        "orders": [
            (name, sort_orders.label_of(name))
            for name in dict.fromkeys((*sort_orders.COMMON, *(f"{sign}{one}" for one in sort_orders.BY_FIELD for sign in ("", "-"))))
        ],
        "group_fields": [("", _("No grouping")), *((word, _(label)) for word, label in GROUPS.items())],
        "tickets": found,
        "answered": answered,
        "unconfirmed": unconfirmed,
        "categories": categories,
        "groups": {ticket.id: filter_labels.group_label(view.group_by, ticket, categories) for ticket in found} if view.group_by else {},
        "asked": ListRequest(view, TicketFilter(), view.order, wanted),
        "is_preview": True,
    }
    return render(request, "desk/view.html", context, status=status)


def _described(request: Request, view: View) -> str:
    wanted = parse(view.filter, now())
    return " · ".join(filter_labels.label_of(condition, open_categories(request)) for condition in wanted.conditions)
