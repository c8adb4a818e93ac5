"""Mistakes in the Markdown source that the rendered page does not show."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape

from kb.articles.markdown.code_info import read_info
from kb.articles.markdown.fences import openings, outside_code, unclosed
from kb.articles.markdown.media import framed
from kb.articles.source.merge_conflicts import lone_marks
from kb.text.characters import hidden_turn

_OTHER_SCHEME = re.compile(r"""(?:\]\(|(?:href|src)=["']?)\s*<?((?!https?:|mailto:|tel:|sms:)[a-z][a-z0-9+.-]*:[^\s)"'>]*)""", re.IGNORECASE)
_NOT_SHOWN = re.compile(r"""<(?!img\b)[^<>]*\bsrc\s*=\s*["']?\s*((?:mailto|tel|sms):[^\s)"'>]*)""", re.IGNORECASE)
_EMPTY_LINK = re.compile(r"(?<!!)\[\s*\]\([^)\s]")
_HEADING_ID = re.compile(r"[\s>]*#{1,6}\s.*\{[^}]*#([^\s}]+)[^}]*\}\s*")
_IFRAME = re.compile(r"<iframe\b[^>]*", re.IGNORECASE)
_SRC = re.compile(r"""\bsrc\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SourceProblem:
    """What is wrong in this line, and what to do."""

    line: int
    message: str
    is_error: bool = False


def find_source_problems(lines: Sequence[str], iframe_hosts: tuple[str, ...]) -> Iterator[SourceProblem]:
    """Every slip, line by line; then code that never ends."""
    ids: dict[str, int] = {}
    for number, line in outside_code(lines):
        yield from _links(number, line)
        for frame in _IFRAME.findall(line):
            yield from _frame(number, frame, iframe_hosts)
        named = _HEADING_ID.fullmatch(line)
        if named and ids.setdefault(named[1], number) != number:
            yield SourceProblem(number, f"the id #{named[1][:60]} is that of line {ids[named[1]]} already, where links lead: change one of the two")
        if turn := hidden_turn(unescape(line)):
            yield SourceProblem(number, f"an invisible character turns the text around ({turn}) and is left out: remove it")
        if re.search(r"\w\*{4}(?!\*)", line):
            yield SourceProblem(number, "`****` closes bold twice: remove two of the stars")
    for number in lone_marks(lines):
        yield SourceProblem(number, f"“{lines[number - 1][:40]}” looks like a mark left from a merge: remove it", is_error=True)
    for number, info in openings(lines):
        if ignored := read_info(info).ignored:
            yield SourceProblem(number, f"“{ignored[:60]}” behind the marks of the code does nothing here: remove it")
    if (begun := unclosed(lines)) is not None:
        yield SourceProblem(begun, "the block of code that begins here is never closed: end it with a line of the same marks")


def _links(number: int, line: str) -> Iterator[SourceProblem]:
    for address in _OTHER_SCHEME.finditer(line):
        yield SourceProblem(number, f"the address {address[1][:80]} begins with something other than http, https, mailto, tel or sms: remove it", is_error=True)
    for address in _NOT_SHOWN.finditer(line):
        yield SourceProblem(number, f"nothing can be shown from the address {address[1][:80]}: make it a link", is_error=True)
    if "]()" in line:
        yield SourceProblem(number, "the link has no address: write it or remove the brackets", is_error=True)
    if _EMPTY_LINK.search(line):
        yield SourceProblem(number, "the link has no text, so readers do not see it: write what it leads to")


def _frame(number: int, written: str, iframe_hosts: tuple[str, ...]) -> Iterator[SourceProblem]:
    src = _SRC.search(written)
    if src is None:
        yield SourceProblem(number, "the iframe has no address: write its src or remove it")
    elif framed(unescape(src[1]), iframe_hosts) is None:
        yield SourceProblem(number, f"the embedded page {src[1][:80]} is shown as a link: only https and the hosts in DESKBOOK_IFRAME_HOSTS are embedded")
