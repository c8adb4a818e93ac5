"""One word for one thing, wherever people read: pages, emails, messages, the manual, the README."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
NOT_THE_WORD = re.compile(
    r"\be-mails?\b|\be-mailed\b|\bmailed\b|(?<![./\w])mails\b(?![./\w])|\bby mail\b|\ban? (?:[\w-]+ )?mail\b(?! (?:server|program|provider|folder))",
    re.IGNORECASE,
)
FOR_SEARCH = ("keywords:", "- {query")
"""Lines that hold what readers type, whatever word they use."""


def test_an_email_is_called_an_email_everywhere() -> None:
    found = [f"{where}: {match[0]}" for where, text in _read_by_people() for match in NOT_THE_WORD.finditer(text)]
    assert found == []


def test_the_rule_knows_the_other_words_when_it_meets_them() -> None:
    wrong = ("Your E-mail address", "an e-mail", "We mailed you", "2 mails could not be sent", "by mail", "Mails are files", "a sign-in mail", "read a mail")
    right = (
        "No email is sent because",
        "no mail server is set",
        "`mail` of the data folder",
        "mail.example.com",
        "a mail server",
        "tickets/email/mails.py",
        "failed_mails",
    )
    assert [words for words in wrong if not NOT_THE_WORD.search(words)] == []
    assert [words for words in right if NOT_THE_WORD.search(words)] == []


def _read_by_people() -> Iterator[tuple[str, str]]:
    """Every line of the templates and of the manual, and every string in the code that is neither a docstring nor a name."""
    manual = [*(CHECKOUT / "templates").rglob("*.*"), *(CHECKOUT / "content").rglob("*.md"), CHECKOUT / "README.md", CHECKOUT / "CHANGELOG.md"]
    for path in manual:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.startswith(FOR_SEARCH):
                yield f"{path.relative_to(CHECKOUT)}:{number}", line
    for path in (path for room in ("kb", "search", "tickets") for path in (CHECKOUT / room).rglob("*.py") if "versions" not in path.parts):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent and not node.value.isidentifier():
                yield f"{path.relative_to(CHECKOUT)}:{node.lineno}", node.value
