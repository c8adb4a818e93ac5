"""The languages of the interface, with their compiled catalogs."""

from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel import Locale, UnknownLocaleError

FOLDER = Path(__file__).parent.parent / "locale"
DOMAIN = "deskbook"
SOURCE = "en"
_DEFAULT_REGION = {"en": "en_GB"}


@dataclass(frozen=True, slots=True)
class Language:
    """A language of the interface: its words, and how it writes dates and numbers."""

    tag: str
    """As in HTML's `lang`: `de`, `en-us`."""
    code: str
    """The name of its catalog: `de`, `en`."""
    words: NullTranslations
    formats: Locale


@cache
def codes() -> tuple[str, ...]:
    """Return the languages that Deskbook speaks, English first."""
    translated = sorted(path.parent.parent.name for path in FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))
    return (SOURCE, *translated)


@cache
def language(tag: str) -> Language:
    """Return the language that speaks best to readers of `tag`; English where there is no catalog.

    It remembers every tag, so call it with those of catalogs and settings only.
    """
    code = known_code(tag)
    if not code:
        return language(SOURCE)
    return Language(tag, code, _words(code), _formats(tag, code))


def known_code(tag: str) -> str:
    """Return the catalog for the tag, which may be anything: `de` for `de-AT`; empty where there is none."""
    tag = tag.lower()
    return next((one for one in (tag, tag.partition("-")[0]) if one in codes()), "")


def known_language(tag: str) -> Language:
    """Return the language for the tag, which may be anything; English where there is no catalog."""
    return language(known_code(tag) or SOURCE)


def catalog_file(code: str) -> Path:
    """Return the compiled catalog of `code`."""
    return FOLDER / code / "LC_MESSAGES" / f"{DOMAIN}.mo"


@cache
def _words(code: str) -> NullTranslations:
    if code == SOURCE:
        return NullTranslations()
    with catalog_file(code).open("rb") as file:
        return GNUTranslations(file)


def _formats(tag: str, code: str) -> Locale:
    for name in (_DEFAULT_REGION.get(tag, tag.replace("-", "_")), _DEFAULT_REGION.get(code, code)):
        try:
            return Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse(_DEFAULT_REGION[SOURCE])
