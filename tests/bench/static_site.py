"""The search of a static documentation site: an index built with the site and answered from in the reader's browser.

Both run in Node, where the reader's side is a process of its own that has only what a browser would have fetched. What travels is
counted as a web server would send it, text compressed. The travelling itself takes no time here; in truth each step of it adds a round trip.
"""

import json
import shutil
import subprocess
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from search.engine import Document
from tests.bench.corpus import body
from tests.bench.measured import Measured, took_ms
from tests.services import MissingService

MINISEARCH = "minisearch@7.2.0"
PAGEFIND = "pagefind@1.6.0"
REBUILT = "all again"


def minisearch(folder: Path, grown: Sequence[Document], fragments: Sequence[str]) -> Measured:
    """The whole index travels to the reader, before the first answer; raises MissingService."""
    home = _installed(folder, MINISEARCH)
    built = _node("minisearch.mjs", home, ["build"], [{"id": number, "title": one.title, "body": body(one)} for number, one in enumerate(grown)])
    told = _node("minisearch.mjs", home, ["ask"], fragments)
    download = f"all of it, {told['sent'] / 1e6:.1f} MB ({told['bytes'] / 1e6:.1f} unpacked)"
    return Measured(built["ms"], told["ms"], _at_the_reader(told), REBUILT, download)


def pagefind(folder: Path, grown: Sequence[Document], fragments: Sequence[str]) -> Measured:
    """The reader fetches the program and, for each search, the parts of the index it needs and the hits it shows; raises MissingService."""
    home = _installed(folder, PAGEFIND)
    site = home / f"site-{len(grown)}"
    site.mkdir()
    for number, one in enumerate(grown):
        (site / f"{number}.html").write_text(_page(one), encoding="utf-8")
    (site / "package.json").write_text('{"type": "module"}')  # so that Node takes what is for browsers for what it is
    indexed = took_ms(lambda: _run([home / "node_modules/.bin/pagefind", "--site", site], home))
    told = _node("pagefind.mjs", home, [str(site / "pagefind")], fragments)
    download = f"first search {told['first'] / 1e6:.2f} MB in {told['files']} files, each further {told['further'] / 1e6:.2f} MB"
    return Measured(indexed, told["ms"], _at_the_reader(told), REBUILT, download)


def _installed(folder: Path, package: str) -> Path:
    home = folder / package.partition("@")[0]
    if not (shutil.which("npm") and shutil.which("node")):
        raise MissingService("npm and node are needed (Debian: apt install npm)")
    if not (home / "node_modules").is_dir():
        home.mkdir(exist_ok=True)
        _run(["npm", "install", "--no-fund", "--no-audit", "--no-package-lock", "--loglevel=error", "--fetch-retries=0", package], home)
    return home


def _node(script: str, home: Path, arguments: Sequence[str], given: object) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(_run(["node", Path(__file__).with_name(script), *arguments], home, json.dumps(given)))
    return told


def _run(command: Sequence[str | Path], home: Path, given: str = "") -> str:
    try:
        ran = subprocess.run(command, input=given, cwd=home, capture_output=True, text=True, timeout=900)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingService(str(error)) from error
    if ran.returncode:
        said = " ".join((ran.stderr.strip() or ran.stdout.strip()).split())
        raise MissingService(f"`{Path(command[0]).name} {Path(command[1]).name}` failed: {said[:200]}")
    return ran.stdout


def _page(document: Document) -> str:
    text = "".join(f"<p>{escape(passage.text)}</p>" for passage in document.passages)
    return f'<!doctype html><html lang="en"><title>{escape(document.title)}</title><main><h1>{escape(document.title)}</h1>{text}</main></html>'


def _at_the_reader(told: dict[str, Any]) -> str:
    return f"{told['grown'] / 1e6:.0f} MB at the reader's"
