"""Reading posted forms: bounded, whole or not at all, handed to a plain `def` view."""

from collections.abc import Callable
from contextlib import aclosing

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response

from kb.i18n import gettext as _
from kb.i18n.formats import size
from kb.text.cleanup import clean
from kb.web.http.body_limit import NoRoom
from kb.web.http.writing_threads import run_brief_writing, run_writing

MAX_FIELDS = 200
MAX_PART_BYTES = 1_000_000
UTF_8 = (b"utf-8", b"utf8")
FormView = Callable[[Request, FormData], Response]
FormTest = Callable[[FormData], bool]


def with_form(view: FormView, *, max_files: int = 50, is_safe_in_part: bool = False, is_brief: FormTest | None = None) -> Callable[[Request], object]:
    """An endpoint that reads the form, then runs `view` in a thread.

    Answers 400 for a body that ends before its final boundary: the parser alone would drop an unfinished attachment unseen.
    Where the files find no room, a form that `is_safe_in_part` comes back with the fields before them: no field after them changes what is sent.
    `is_brief` says of a form that its view waits for nothing but the database.
    """

    async def endpoint(request: Request) -> Response:
        try:
            form = await _read(request, max_files)
        except MultiPartException as error:
            raise _in_words(error.message) from None
        except NoRoom as error:
            request.state.form = error.arrived if is_safe_in_part else None
            raise
        request.state.form = form
        try:
            run = run_brief_writing if is_brief is not None and is_brief(form) else run_writing
            return await run(request, view, request, form)
        finally:
            await form.close()

    endpoint.__name__ = getattr(view, "__name__", "view")
    return endpoint


def text(form: FormData, name: str, most: int | None = None) -> str:
    """The field's text, cleaned; cut to `most` characters when given."""
    value = form.get(name)
    return "" if value is None or isinstance(value, UploadFile) else clean(value)[:most]


def files(form: FormData, name: str) -> list[UploadFile]:
    """The files of a field; the empty one that browsers send for no choice is left out."""
    return [value for value in form.getlist(name) if isinstance(value, UploadFile) and (value.filename or value.size)]


async def _read(request: Request, max_files: int) -> FormData:
    """The form as Starlette reads it; raises HTTPException for one that is not whole, MultiPartException for one that cannot be read."""
    kind, options = parse_options_header(request.headers.get("content-type"))
    async with aclosing(request.stream()) as stream:
        if kind == b"multipart/form-data":
            parser = _Multipart(request.headers, stream, max_files=max_files, max_fields=MAX_FIELDS, max_part_size=MAX_PART_BYTES)
            return await parser.parse()
        if kind == b"application/x-www-form-urlencoded" and options.get(b"charset", b"utf-8").lower() in UTF_8:
            return await FormParser(request.headers, stream, max_fields=MAX_FIELDS, max_part_size=MAX_PART_BYTES).parse()
    if kind or request.headers.get("content-length", "0") != "0":
        raise HTTPException(415, _("This is not a form that we can read, so nothing was saved."))
    return FormData()


class _Multipart(MultiPartParser):
    """Starlette's parser, which alone would drop an attachment without its end unseen."""

    _is_whole = False

    async def parse(self) -> FormData:
        """The form; raises HTTPException for one that is not whole."""
        try:
            form = await super().parse()
        except NoRoom as error:
            error.arrived = FormData([(name, value) for name, value in self.items if isinstance(value, str)])
            raise
        if not self._is_whole:
            for file in self._files_to_close_on_error:
                file.close()
            raise HTTPException(400, _("Only part of the form arrived, so nothing was saved. Send it again."))
        return form

    def on_end(self) -> None:
        """Note that the final boundary stands at the end of a part: anywhere else it is a file's name or text."""
        self._is_whole = True


def _in_words(message: str) -> HTTPException:
    if "maximum size" in message:
        return HTTPException(
            413, _("A text is longer than %(size)s, so nothing was saved. Go back and shorten it, or attach it as a file.", size=size(MAX_PART_BYTES))
        )
    if "Too many" in message:
        return HTTPException(413, _("You sent too many files or fields at once, so nothing was saved. Go back and remove some."))
    return HTTPException(400, _("The form could not be read, so nothing was saved. Go back and send it again."))
