"""Files that come with messages: kept by the digest of their content, of a type that we decide."""

import hashlib
import os
import re
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO
from urllib.parse import quote

from sqlalchemy.orm import Session

from kb.text.characters import BLANKS, is_visible
from tickets import queries
from tickets.models import Attachment

MAX_NAME_CHARS = 150
CHUNK_BYTES = 1 << 18
UPLOAD_KEPT = timedelta(hours=24)
DOWNLOAD = "application/octet-stream"
SIGNATURES = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF87a", "image/gif"), (b"GIF89a", "image/gif"))
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.I)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file whose bytes are on the disk for good; `size` in bytes."""

    name: str
    content_type: str
    size: int
    sha256: str


def store_file(folder: Path, name: str, content: BinaryIO) -> StoredFile:
    """Copies `content` under `folder` by its digest, durable once this returns. Raises OSError when the disk does not take it."""
    folder.mkdir(parents=True, exist_ok=True)
    digest, size, head = hashlib.sha256(), 0, b""
    with NamedTemporaryFile(dir=folder, prefix="incoming-", delete=False) as copy:
        try:
            while chunk := content.read(CHUNK_BYTES):
                head = head or chunk[:16]
                digest.update(chunk)
                size += copy.write(chunk)
            copy.flush()
            os.fsync(copy.fileno())
            _move(Path(copy.name), file_path(folder, digest.hexdigest()))
        except BaseException:
            Path(copy.name).unlink(missing_ok=True)
            raise
    return StoredFile(clean_name(name), sniff(head), size, digest.hexdigest())


def sha256_of(content: BinaryIO) -> str:
    """Return the digest of `content`, which is left at its beginning."""
    digest = hashlib.sha256()
    while chunk := content.read(CHUNK_BYTES):
        digest.update(chunk)
    content.seek(0)
    return digest.hexdigest()


def file_path(folder: Path, sha256: str) -> Path:
    """Where the content with this digest lies."""
    return folder / sha256[:2] / sha256


def sniff(head: bytes) -> str:
    """The type of the file that begins with `head`: one of four kinds of image, else a mere download."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for signature, kind in SIGNATURES if head.startswith(signature)), DOWNLOAD)


def clean_name(name: str) -> str:
    """`name` as it may be shown and saved: no folders, nothing invisible, no leading dot, at most 150 characters with its ending."""
    sent = re.sub(r"%(22|0D|0A)", lambda match: chr(int(match[1], 16)), name)  # as browsers write these three in a form's file names
    whole = unicodedata.normalize("NFC", sent.encode("utf-8", "replace").decode("utf-8"))
    visible = "".join(" " if char.isspace() or char in BLANKS else char for char in whole if char.isspace() or _is_shown(char))
    base = re.sub(r'[<>:"|?*]', "_", re.split(r"[\\/]", visible)[-1])
    base = re.sub(r"\s+", " ", base).strip(" .")
    if RESERVED.match(base):
        base = f"_{base}"
    stem, dot, ending = base.rpartition(".")
    if len(base) > MAX_NAME_CHARS:
        base = f"{stem[: MAX_NAME_CHARS - 11]}.{ending}" if dot and len(ending) <= 10 else base[:MAX_NAME_CHARS]
    return base if is_visible(base) else "file"


def disposition(attachment: Attachment) -> str:
    """The Content-Disposition header (RFC 6266): images are shown, everything else is saved."""
    kind = "attachment" if attachment.content_type == DOWNLOAD else "inline"
    plain = re.sub(r"[^A-Za-z0-9 ._()-]", "_", attachment.name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(attachment.name, safe='')}"


def attach(session: Session, files: Sequence[StoredFile], *, ticket_id: int, comment_id: int, now: datetime) -> None:
    """Gives stored files to a comment."""
    for file in files:
        queries.store(session, Attachment, ticket_id=ticket_id, comment_id=comment_id, **_columns(file, now))


def keep_for_form(session: Session, files: Sequence[StoredFile], *, form_nonce: str, now: datetime) -> None:
    """Keeps stored files until their form is sent, for 24 hours."""
    for file in files:
        queries.store(session, Attachment, form_nonce=form_nonce, **_columns(file, now))


def sweep(session: Session, folder: Path, *, now: datetime) -> int:
    """Deletes the files of forms not sent within 24 hours, and contents that nothing refers to; how many contents went."""
    queries.forget_uploads(session, now - UPLOAD_KEPT)
    swept = 0
    for path in folder.glob("*/*"):
        # Looked at once more after the database was asked: sent again meanwhile, the content is wanted.
        if _is_old(path, now) and not queries.is_stored(session, path.name) and _is_old(path, now):
            path.unlink(missing_ok=True)
            swept += 1
    for copy in folder.glob("incoming-*"):
        if _is_old(copy, now):
            copy.unlink(missing_ok=True)
    return swept


def _is_shown(char: str) -> bool:
    return is_visible(char) or char in BLANKS or unicodedata.category(char)[0] == "M"


def _is_old(path: Path, now: datetime) -> bool:
    """False for a file that is not there any more: copies come and go while requests are filed."""
    try:
        return path.stat().st_mtime < (now - UPLOAD_KEPT).timestamp()
    except FileNotFoundError:
        return False


def _columns(file: StoredFile, now: datetime) -> dict[str, object]:
    token = secrets.token_urlsafe(32)
    return {"token": token, "name": file.name, "content_type": file.content_type, "size": file.size, "sha256": file.sha256, "created_at": now}


def _move(copy: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    # Renamed even over the same content: a fresh time keeps a sweeper away from it.
    copy.replace(target)
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
