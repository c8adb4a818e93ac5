"""Suggest the address a writer meant where a link is broken."""

import posixpath
import re
import unicodedata
from collections.abc import Collection
from urllib.parse import unquote

from rapidfuzz.distance import OSA

MOST_SLIPS = 2


def hint(written: str, folder: str, paths: Collection[str]) -> str:
    """What to write in place of this address, in words; empty when nothing comes near. `paths` are the files of the content."""
    if re.match(r"www\.[\w-]+\.\w", written, re.IGNORECASE):
        return f"write https://{written[:80]}"
    if re.fullmatch(r"[^\s/?#:]+@[\w.-]+\.\w+", written):
        return f"write mailto:{written[:80]}"
    if re.match(r"//[\w-]+\.\w", written):
        return f"write https:{written[:80]}"
    near = _near(unquote(re.split(r"[?#]", written, maxsplit=1)[0]).replace("\\", "/").strip(" “”\"'"), folder, paths)
    return f"did you mean {near}?" if near not in ("", written) else ""


def _near(path: str, folder: str, paths: Collection[str]) -> str:
    """The file that comes nearest, as seen from `folder`: spelt otherwise, lying elsewhere, or named alike in the same folder."""
    path = unicodedata.normalize("NFC", path)
    wanted = posixpath.normpath(path.lstrip("/") if path.startswith("/") else posixpath.join(folder, path))
    names = {wanted.casefold(), f"{wanted}.md".casefold()}
    last = posixpath.basename(wanted)
    respelt = [one for one in paths if one.casefold() in names]
    moved = [one for one in paths if posixpath.basename(one).casefold() in (last.casefold(), f"{last}.md".casefold())]
    misspelt = [one for one in paths if posixpath.dirname(one) == posixpath.dirname(wanted) and _is_slip(last, posixpath.basename(one))]
    found = respelt or (moved if len(moved) == 1 else []) or misspelt
    return posixpath.relpath(found[0], folder) if found and last else ""


def _is_slip(written: str, name: str) -> bool:
    """Whether a slip of the pen may tell the two apart: two letters at most, no digit, for step-1.png is not step-2.png."""
    one, other = (posixpath.splitext(part)[0].casefold() for part in (written, name))
    return re.sub(r"\D", "", one) == re.sub(r"\D", "", other) and len(one) > 4 and OSA.distance(one, other) <= MOST_SLIPS
