"""Keep the catalogs of kb/locale in step with the code: extract the messages, update every language, compile.

`translations.py` does all that; with a language it starts its catalog first; `translations.py --missing de` lists what German lacks.
"""

import io
import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

CHECKOUT = Path(__file__).resolve().parents[1]
FOLDER = CHECKOUT / "kb" / "locale"
SCRIPTS = CHECKOUT / "kb" / "static" / "js" / "texts"
ROOTS = ("kb", "search", "tickets", "templates")
JINJA = {"trimmed": "true", "newstyle_gettext": "true"}
METHODS = [("**/js/texts/**.js", "ignore"), ("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2"), ("**/js/**.js", "javascript")]
KEYWORDS = DEFAULT_KEYWORDS | {"N_": None, "around": None}
NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)


def extracted() -> Catalog:
    """Return every message of the code and the templates."""
    catalog = _dated(Catalog(project="Deskbook", charset="utf-8"))
    options = {pattern: JINJA for pattern, method in METHODS if method == "jinja2"}
    for root in ROOTS:
        found = extract_from_dir(CHECKOUT / root, METHODS, options, KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True)
        for path, _line, message, comments, context in sorted(found, key=lambda one: (one[0], one[1])):
            catalog.add(message, locations=[(f"{root}/{path}", 0)], auto_comments=comments, context=context)
    return catalog


def languages() -> list[str]:
    """Return the languages that there are catalogs of."""
    return sorted(path.parent.parent.name for path in FOLDER.glob("*/LC_MESSAGES/deskbook.po"))


def read(code: str) -> Catalog:
    """Return the catalog of one language as it is in the checkout."""
    with _file(code, "po").open("rb") as file:
        return read_po(file, locale=code, domain="deskbook")


def compiled(catalog: Catalog) -> bytes:
    """Return the catalog as the server reads it."""
    file = io.BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def script(catalog: Catalog) -> str:
    """Return the messages of the scripts as the module that kb/static/js/texts.js imports."""
    words = {_key(message): message.string for message in catalog if message.id and message.string and _is_of_scripts(message)}
    table = json.dumps(words, ensure_ascii=False, indent=1, sort_keys=True)
    return f"// Made by `make translations`.\nexport const plural = (n) => Number({catalog.plural_expr});\nexport const words = {table};\n"


def update() -> None:
    """Write every language's catalog anew from the code, keeping its translations."""
    source = extracted()
    for code in languages():
        catalog = read(code)
        catalog.update(source, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        _write(_dated(catalog), code)


def add(code: str) -> None:
    """Start the catalog of another language; raises FileExistsError where there is one."""
    _file(code, "po").parent.mkdir(parents=True)
    _write(_dated(Catalog(locale=code, charset="utf-8")), code)


def _write(catalog: Catalog, code: str) -> None:
    file = io.BytesIO()
    write_po(file, catalog, width=0, include_lineno=False, sort_by_file=True, ignore_obsolete=True)
    _file(code, "po").write_bytes(file.getvalue())
    catalog = read(code)
    _file(code, "mo").write_bytes(compiled(catalog))
    (SCRIPTS / f"{code}.js").write_text(script(catalog), encoding="utf-8")


def _dated(catalog: Catalog) -> Catalog:
    catalog.creation_date = catalog.revision_date = NO_DATE
    catalog.project, catalog.version, catalog.last_translator, catalog.msgid_bugs_address = "Deskbook", "1", "Deskbook", ""
    catalog.language_team = ""
    return catalog


def _key(message: Message) -> str:
    singular = message.id if isinstance(message.id, str) else message.id[0]
    return f"{message.context}\x04{singular}" if message.context else singular


def _is_of_scripts(message: Message) -> bool:
    return any(re.search(r"\.js$", path) for path, _ in message.locations)


def _file(code: str, suffix: str) -> Path:
    return FOLDER / code / "LC_MESSAGES" / f"deskbook.{suffix}"


def _missing(code: str) -> list[str]:
    return [str(message.id) for message in read(code) if message.id and not all([message.string] if isinstance(message.string, str) else message.string)]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--missing"]:
        print("\n".join(_missing(sys.argv[2])))
    else:
        for new in sys.argv[1:]:
            add(new)
        update()
        for language in languages():
            print(f"{language}: {len(_missing(language))} messages to translate")
