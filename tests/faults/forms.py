"""The forms of a page, with what a browser would send of them untouched."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

UNSENT = ("submit", "button", "reset", "file", "image")


@dataclass
class Form:
    """Where it goes, and the value or values of each field."""

    action: str
    fields: dict[str, str | list[str]] = field(default_factory=dict)

    def add(self, name: str, value: str) -> None:
        """One more value."""
        before = self.fields.get(name)
        self.fields[name] = value if before is None else [*([before] if isinstance(before, str) else before), value]


def form_to(page: str, ending: str) -> Form:
    """The form of the page whose address ends so, its query left aside. Raises AssertionError where there is none."""
    reader = _Reader()
    reader.feed(page)
    found = [form for form in reader.forms if form.action.partition("?")[0].endswith(ending)]
    assert found, f"the page has no form for {ending}: {page[:300]}"
    return found[0]


class _Reader(HTMLParser):
    """Texts of text areas are left out: whoever uses this fills them in."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        have = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(have.get("action", "")))
        elif tag == "select":
            self._select = have.get("name", "")
        elif self.forms and tag == "input":
            self._input(have)
        elif self.forms and tag == "option" and "selected" in have:
            self.forms[-1].add(self._select, have.get("value", ""))

    def _input(self, have: dict[str, str]) -> None:
        kind = have.get("type", "text")
        is_left_out = kind in UNSENT or (kind in ("checkbox", "radio") and "checked" not in have)
        if have.get("name") and not is_left_out:
            self.forms[-1].add(have["name"], have.get("value", ""))
