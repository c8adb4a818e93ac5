"""Read one Markdown file: decode it and check its front matter, without rendering."""

import hashlib
import os
import stat
import unicodedata
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from kb.articles.article import Problem
from kb.articles.markdown.complexity import MAX_BYTES
from kb.articles.slug import slugify
from kb.articles.source.frontmatter import ARTICLE_KEYS, BadFrontMatter, Checker, read
from kb.articles.source.frontmatter import MAX_BYTES as MAX_FRONT_BYTES
from kb.articles.source.merge_conflicts import conflict
from kb.web.locales import split_name

_sha1 = partial(hashlib.sha1, usedforsecurity=False)


class BadSource(ValueError):
    """The file cannot be published; `problem` says where and why."""

    def __init__(self, path: str, line: int, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(path, line, message)


@dataclass(frozen=True, slots=True)
class Source:
    """A readable file: `values` of its front matter, the body and the line the body begins on."""

    path: str
    slug: str
    digest: str
    values: dict[str, Any]
    lines: dict[str, int]
    body: str
    body_line: int
    locale: str = ""
    """As the file's name says it, else its front matter; empty when neither does."""
    blobs: frozenset[str] = frozenset()
    """The ids that git may give to this version of the file."""


def read_source(root: Path, path: str, keys: dict[str, Checker] = ARTICLE_KEYS, required: tuple[str, ...] = ("title",)) -> Source:
    """The file at `path` under `root`; raises BadSource."""
    data = _bytes(root, path, MAX_BYTES + MAX_FRONT_BYTES, f"the file is larger than {MAX_BYTES // 1024} KB: split the article")
    text = _text(path, data)
    try:
        front = read(text, keys, required)
    except BadFrontMatter as error:
        raise BadSource(path, error.line, str(error)) from None
    name, locale = split_name(path.rpartition("/")[2].rpartition(".")[0])
    slug = slugify(unicodedata.normalize("NFC", name))
    if not slug:
        raise BadSource(path, 1, "the file's name holds no letter or digit to make an address of: rename it")
    digest = hashlib.sha256(data).hexdigest()[:20]
    locale = locale or front.values.get("locale", "")
    return Source(path, slug, digest, front.values, front.lines, front.body, front.body_line, locale, _blobs(data))


def read_text(root: Path, path: str, most_bytes: int) -> str:
    """The text of a file that is no article, with plain line ends; raises BadSource."""
    return _text(path, _bytes(root, path, most_bytes, f"the file is larger than {most_bytes // 1024} KB: remove what is no longer needed"))


def _blobs(data: bytes) -> frozenset[str]:
    """With its lines as they are and as git stores them, by both of git's digests."""
    versions = {data, data.replace(b"\r\n", b"\n")}
    headed = [b"blob %d\0%b" % (len(version), version) for version in versions]
    return frozenset(digest(one).hexdigest() for one in headed for digest in (_sha1, hashlib.sha256))


def _bytes(root: Path, path: str, most_bytes: int, too_large: str) -> bytes:
    try:
        descriptor = os.open(root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise BadSource(path, 1, "this is not a regular file: replace it with one")
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(most_bytes + 1)
    except OSError as error:
        raise BadSource(path, 1, f"the file cannot be read: {error.strerror}") from None
    if len(data) > most_bytes:
        raise BadSource(path, 1, too_large)
    return data


def _text(path: str, data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadSource(path, 1, "the file is UTF-16: save it as UTF-8")
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError as error:
        raise BadSource(path, data.count(b"\n", 0, error.start) + 1, "this line is not UTF-8: save the file as UTF-8") from None
    if "\0" in text:
        raise BadSource(path, text.count("\n", 0, text.index("\0")) + 1, "this line holds a NUL character: remove it")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if line := conflict(text):
        raise BadSource(path, line, "an unresolved merge conflict: keep one side and remove the marks")
    return text
