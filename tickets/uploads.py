"""Files chosen in a form: put on the disk before the ticket is stored, kept with the form when it comes back with errors."""

import errno
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from starlette.datastructures import UploadFile
from starlette.requests import Request

from kb.config import Settings
from kb.db import database, now
from tickets import queries
from tickets.attachments import StoredFile, clean_name, keep_for_form, store_file
from tickets.models import Attachment


class DiskRefused(Exception):
    """The disk did not take the file; the message names it."""

    def __init__(self, name: str, error: OSError) -> None:
        reason = "there is no room left for it" if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else "it could not be written"
        super().__init__(f"The file “{name}” could not be saved: {reason}. Nothing was sent. Please try again without it, or later.")


def folder(request: Request) -> Path:
    """Where the contents of attachments lie."""
    return cast(Settings, request.app.state.settings).data / "attachments"


def store_all(request: Request, files: Sequence[UploadFile]) -> tuple[StoredFile, ...]:
    """The files, on the disk for good. Raises DiskRefused."""
    return tuple(_store(request, file) for file in files)


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
    good = [file for file in files if 0 < (file.size or 0) <= settings.attachment_max_mb * 1_000_000][:room]
    if not good:
        return waiting
    stored = store_all(request, good)
    with database(request).write() as session:
        keep_for_form(session, stored, form_nonce=form_nonce, now=now())
    with database(request).read() as session:
        known = {upload.token for upload in waiting}
        every = queries.pending_uploads(session, form_nonce)
    return [upload for upload in every if upload.token in known or upload.sha256 in {file.sha256 for file in stored}]


def _store(request: Request, file: UploadFile) -> StoredFile:
    try:
        return store_file(folder(request), file.filename or "", file.file)
    except OSError as error:
        raise DiskRefused(clean_name(file.filename or ""), error) from error
