"""The ticket API: file a ticket with a key, read it back."""

import hashlib
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kb.accounts.authentication.api_keys import require_key
from kb.accounts.models import ApiKey
from kb.accounts.permissions import Permission
from kb.db import database, now
from kb.rate_limit.queries import is_within_limit
from kb.text.whole_number import parse_whole_number
from kb.web.http.body_limit import BodySize
from kb.web.http.writing_threads import run_writing
from kb.web.strict_json import BadJson, read_object
from tickets import queries
from tickets.access import person
from tickets.api.json_shapes import comment_json, filed_json, ticket_json
from tickets.api.posted_ticket import PostedTicket, RefusedTicket, read_ticket
from tickets.articles_read import catalog
from tickets.creation import FiledTicket, NewTicket
from tickets.creation import create as create_ticket
from tickets.fields import clean_tags
from tickets.models import IdempotencyKey, Priority, Proof, TicketType

MAX_BODY_BYTES = 1_000_000
MAX_KEY_CHARS = 255
PER_MINUTE = 600
SECRETS_IN_QUERY = ("api_key", "apikey", "key", "token", "access_token", "authorization")


async def create(request: Request) -> Response:
    """201 with the ticket; repeating an Idempotency-Key gives the same answer again."""
    return await run_writing(request, _create, request, await request.body())


def show(request: Request) -> Response:
    """The ticket; its comments too with `include=comments`, oldest first."""
    _refuse_secret_in_query(request)
    actor = person(require_key(request, "read").user)
    number = parse_whole_number(request.path_params["id"])
    with database(request).read() as session:
        ticket = queries.ticket(session, actor, number) if number else None
        if ticket is None:
            raise HTTPException(404, "There is no ticket with this number.")
        comments = queries.comments(session, actor, ticket.id)
    answer: dict[str, Any] = {"ticket": ticket_json(ticket, comments[0].body if comments else "", actor)}
    if "comments" in request.query_params.get("include", "").split(","):
        answer["comments"] = [comment_json(comment) for comment in comments]
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _create(request: Request, body: bytes) -> Response:
    _refuse_secret_in_query(request)
    api_key = require_key(request, "write")
    _require_json(request)
    repeat_key = _idempotency_key(request)
    try:
        new = _new_ticket(request, read_object(body), api_key)
    except BadJson as error:
        raise HTTPException(error.status, str(error)) from None
    except RefusedTicket as error:
        return _problems(error.fields)
    if new.category and new.category not in {category.slug for category in catalog(request).categories}:
        return _problems({"ticket.category": "must be the slug of a category"})
    return _store(request, new, api_key, repeat_key, hashlib.sha256(body).hexdigest())


def _store(request: Request, new: NewTicket, api_key: ApiKey, repeat_key: str | None, digest: str) -> Response:
    with database(request).write(is_pipelined=True) as session:
        _require_share(session, request, api_key)
        filed = _open_once(session, new, api_key, repeat_key, digest)
    if filed is None:
        return _problems({"Idempotency-Key": "was sent before with another body"})
    return JSONResponse({"ticket": filed_json(new, filed, person(api_key.user))}, 201, {"Location": f"/api/tickets/{filed.id}", "Cache-Control": "no-store"})


def _require_share(session: Session, request: Request, api_key: ApiKey) -> None:
    """Raise 429 when the key has filed too many tickets; a customer's may file as many as one address may by the form."""
    if Permission.REPLY in api_key.user.permissions:
        if not is_within_limit(session, f"api:{api_key.id}", most=PER_MINUTE, window=timedelta(minutes=1), now=now()):
            raise HTTPException(429, f"More than {PER_MINUTE} tickets were filed with this key in a minute.", {"Retry-After": "60"})
        return
    most = request.app.state.settings.requests_per_hour
    if not is_within_limit(session, f"api-of:{api_key.user_id}", most=most, window=timedelta(hours=1), now=now()):
        raise HTTPException(429, f"More than {most} tickets were filed for this person in an hour.", {"Retry-After": "3600"})


def _open_once(session: Session, new: NewTicket, api_key: ApiKey, repeat_key: str | None, digest: str) -> FiledTicket | None:
    """The ticket; None when its key was sent with another body before."""
    if repeat_key is None or new.nonce is None:
        return create_ticket(session, new, now=now())
    filed = create_ticket(session, new, now=now())
    if filed.is_new:
        session.add(IdempotencyKey(api_key_id=api_key.id, key=repeat_key, request_digest=digest, ticket_id=filed.id, created_at=now()))
        return filed
    known = queries.idempotency_key(session, api_key.id, repeat_key)
    return filed if known is not None and known.request_digest == digest else None


def _new_ticket(request: Request, posted: dict[str, Any], api_key: ApiKey) -> NewTicket:
    ticket = read_ticket(posted)
    _require_rights(ticket, api_key)
    repeat_key = _idempotency_key(request)
    return NewTicket(
        email=ticket.requester.email,
        name=ticket.requester.name,
        subject=ticket.subject,
        body=ticket.comment.body,
        category=ticket.category,
        priority=ticket.priority or Priority.NORMAL,
        type=ticket.type or TicketType.QUESTION,
        tags=clean_tags(ticket.tags),
        via="api",
        locale=request.app.state.settings.locale,
        external_id=ticket.external_id or None,
        # Keys of two clients never meet, and a key of any length fits the column.
        nonce=f"api{api_key.id}-{hashlib.sha256(repeat_key.encode()).hexdigest()[:40]}" if repeat_key else None,
        submitter_id=api_key.user_id,
        proof=str(Proof.KEY),
    )


def _require_rights(ticket: PostedTicket, api_key: ApiKey) -> None:
    """Raise RefusedTicket for what a customer may not: file for someone else, or sort the agents' work."""
    if Permission.REPLY in api_key.user.permissions:
        return
    problems = {f"ticket.{name}": "can be set with an agent's key only" for name in ("priority", "type", "tags") if getattr(ticket, name)}
    if ticket.requester.email != api_key.user.email:
        problems["ticket.requester.email"] = "must be the address of the person this key belongs to"
    if problems:
        raise RefusedTicket(problems)


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not 0 < len(key) <= MAX_KEY_CHARS:
        raise HTTPException(400, f"An Idempotency-Key has 1 to {MAX_KEY_CHARS} characters.")
    return key


def _require_json(request: Request) -> None:
    kind, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    charset = parameters.partition("charset=")[2].strip(' "')
    if kind.strip() != "application/json" or charset not in ("", "utf-8", "utf8"):
        raise HTTPException(415, "Send the ticket as `Content-Type: application/json`, in UTF-8.")


def _refuse_secret_in_query(request: Request) -> None:
    if any(name.lower() in SECRETS_IN_QUERY for name in request.query_params):
        raise HTTPException(400, "A key in an address ends up in logs. Send it as `Authorization: Bearer <key>`, and replace the one you just sent.")


def _problems(fields: dict[str, str]) -> Response:
    detail = "; ".join(f"{field}: {message}" for field, message in fields.items())
    return JSONResponse({"error": {"status": 422, "title": "There is a problem", "detail": detail, "fields": fields}}, 422)


routes = [
    Route("/api/tickets", create, methods=["POST"], middleware=[Middleware(BodySize, most=MAX_BODY_BYTES)]),
    Route("/api/tickets/{id}", show),
]
