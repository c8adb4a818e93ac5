"""Reading posted forms: bounded, whole or not at all, handed to a plain `def` view."""

from collections.abc import Callable
from contextlib import AsyncExitStack

from python_multipart.multipart import parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from kb.text import clean

MAX_FIELDS = 200
MAX_PART_BYTES = 1_000_000
FormView = Callable[[Request, FormData], Response]


def with_form(view: FormView, *, max_files: int = 50) -> Callable[[Request], object]:
    """An endpoint that reads the form, then runs `view` in a thread.

    Answers 400 for a body that ends before its final boundary: the parser alone would drop an unfinished attachment unseen.
    """

    async def endpoint(request: Request) -> Response:
        tail = _watch_end(request)
        async with AsyncExitStack() as stack:
            try:
                form = await stack.enter_async_context(request.form(max_files=max_files, max_fields=MAX_FIELDS, max_part_size=MAX_PART_BYTES))
            except HTTPException as error:
                raise _in_words(error) from None
            _require_end(request, tail)
            request.state.form = form
            return await run_in_threadpool(view, request, form)

    endpoint.__name__ = getattr(view, "__name__", "view")
    return endpoint


def text(form: FormData, name: str, most: int | None = None) -> str:
    """The field's text, cleaned; cut to `most` characters when given."""
    value = form.get(name)
    return "" if value is None or isinstance(value, UploadFile) else clean(value)[:most]


def files(form: FormData, name: str) -> list[UploadFile]:
    """The files of a field; the empty one that browsers send for no choice is left out."""
    return [value for value in form.getlist(name) if isinstance(value, UploadFile) and (value.filename or value.size)]


def _in_words(error: HTTPException) -> HTTPException:
    if error.status_code in (408, 413, 503):
        return error
    if "maximum size" in error.detail:
        return HTTPException(413, f"A text is longer than {MAX_PART_BYTES:,} bytes. Nothing was saved. Go back, shorten it or attach it as a file.")
    if "Too many" in error.detail:
        return HTTPException(413, "The form has more fields or files than it can hold. Nothing was saved. Go back and leave some out.")
    return HTTPException(error.status_code, "The form could not be read. Nothing was saved: please go back and send it again.")


def _watch_end(request: Request) -> bytearray:
    tail = bytearray()
    receive = request.receive

    async def watching() -> Message:
        message = await receive()
        tail.extend(message.get("body", b"")[-300:])
        del tail[:-300]
        return message

    request._receive = watching
    return tail


def _require_end(request: Request, tail: bytearray) -> None:
    # Read as the form's parser reads it: what one takes for a form and the other does not would be cut short unseen.
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind == b"multipart/form-data" and b"--" + options.get(b"boundary", b"") + b"--" not in tail:
        raise HTTPException(400, "The form arrived only in part. Nothing was saved: please send it again.")
