"""Files chosen in a form: put on the disk before the ticket is stored, kept with the form when it comes back with errors."""

import errno
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import cast

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import UploadFile
from starlette.requests import Request

from kb.accounts.sessions import current_user
from kb.config import Settings
from kb.db import database, now
from kb.i18n import gettext as _
from kb.i18n.formats import MB
from kb.rate_limit.queries import count_hit
from kb.web.http.client_address import client_network
from tickets import queries
from tickets.attachments import StoredFile, clean_name, keep_for_form, store_file
from tickets.models import Attachment


class FilesRefused(Exception):
    """The files were not taken; the message says why, and what to do."""

    status = 422


class DiskRefused(FilesRefused):
    """The disk did not take the file; the message names it."""

    status = 507

    def __init__(self, name: str, error: OSError) -> None:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            message = _("The file “%(name)s” could not be saved because there is no room left, so nothing was sent. Try again later or without it.", name=name)
        else:
            message = _("The file “%(name)s” could not be saved, so nothing was sent. Try again later or without it.", name=name)
        super().__init__(message)


class TooMuchAtOnce(FilesRefused):
    """The address has sent as much within an hour as all the requests it may file could hold."""

    status = 429

    def __init__(self) -> None:
        super().__init__(_("Too many files came from your network in the last hour, so nothing was sent. Send it without files, or try again later."))


def folder(request: Request) -> Path:
    """Where the contents of attachments lie."""
    return cast(Settings, request.app.state.settings).data / "attachments"


def store_all(request: Request, files: Sequence[UploadFile]) -> tuple[StoredFile, ...]:
    """The files, on the disk for good. Raises FilesRefused."""
    if files:
        _require_share(request, files)
    return tuple(_store(request, file) for file in files)


def named(request: Request, form_nonce: str | None, tokens: Sequence[str]) -> Sequence[Attachment]:
    """Those of the files sent with this form before that it still names; none while the database cannot tell."""
    try:
        return [upload for upload in pending(request, form_nonce, tokens) if upload.token in tokens]
    except (OperationalError, PoolTimeout):
        return ()


def again(chosen: Sequence[UploadFile], tokens: Sequence[str], kept: Sequence[Attachment]) -> str:
    """What to add to the message of a form that comes back without files that it had; empty when it has them all."""
    return " " + _("Add your files again first.") if chosen or len(kept) < len(set(tokens)) else ""


def pending(request: Request, form_nonce: str | None, kept: Sequence[str]) -> Sequence[Attachment]:
    """The files sent with this form before; only asked for when it names any."""
    if form_nonce is None or not kept:
        return ()
    with database(request).read() as session:
        return queries.pending_uploads(session, form_nonce)


def keep(request: Request, form_nonce: str, files: Sequence[UploadFile], waiting: Sequence[Attachment]) -> Sequence[Attachment]:
    """All files of a form that comes back: those waiting already and `files`, the good ones of them now kept too."""
    settings = cast(Settings, request.app.state.settings)
    room = max(0, settings.attachments_max - len(waiting))
    good = [file for file in files if 0 < (file.size or 0) <= settings.attachment_mb * MB][:room]
    if not good:
        return waiting
    stored = store_all(request, good)
    with database(request).write() as session:
        # The same form is sent again by whoever did not see its page come back: its files wait already.
        waits_already = {(upload.name, upload.sha256) for upload in queries.pending_uploads(session, form_nonce)}
        keep_for_form(session, [file for file in stored if (file.name, file.sha256) not in waits_already], form_nonce=form_nonce, now=now())
    with database(request).read() as session:
        known = {upload.token for upload in waiting}
        every = queries.pending_uploads(session, form_nonce)
    return [upload for upload in every if upload.token in known or upload.sha256 in {file.sha256 for file in stored}]


def _require_share(request: Request, files: Sequence[UploadFile]) -> None:
    """Raises TooMuchAtOnce. Whatever becomes of the form, its files lie on the disk for a day."""
    user = current_user(request)
    if user is not None and user.is_staff:
        return
    settings = cast(Settings, request.app.state.settings)
    kilobytes = sum(file.size or 0 for file in files) // 1000
    with database(request).write() as session:
        sent = count_hit(session, f"files:{client_network(request)}", window=timedelta(hours=1), now=now(), amount=kilobytes)
    if sent > settings.requests_per_hour * settings.attachments_total_mb * 1000:
        raise TooMuchAtOnce


def _store(request: Request, file: UploadFile) -> StoredFile:
    try:
        return store_file(folder(request), file.filename or "", file.file)
    except OSError as error:
        raise DiskRefused(clean_name(file.filename or ""), error) from error
