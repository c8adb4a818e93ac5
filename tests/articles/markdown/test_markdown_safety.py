"""Whatever a writer types, the page holds allowed tags, attributes and addresses only."""

import time
from html.parser import HTMLParser

import pytest

from kb.articles.lint.source_problems import find_source_problems
from kb.articles.lint.unparsed_markup import find_unparsed_markup
from kb.articles.markdown.complexity import TooComplex
from kb.articles.markdown.render import render
from kb.articles.markdown.sanitise import KNOWN_TAGS

MOST_S, MOST_CHARS = 2, 3_000_000
HOSTS = ("www.youtube-nocookie.com", "player.vimeo.com")
ATTRIBUTES = {
    "alt", "aria-label", "class", "colspan", "controls", "data-align", "data-copy-link", "data-player", "data-src", "data-title", "datetime",
    "decoding", "dir", "height", "href", "id", "lang", "loading", "open", "preload", "rel", "reversed", "role", "rowspan", "scope", "src", "start",
    "tabindex", "title", "type", "action", "name", "value", "width",
}  # fmt: skip
ADDRESSES = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "&#106;avascript:alert(1)",
    "&#x6A;&#x61;vascript&#58;alert(1)",
    "&NewLine;javascript:alert(1)",
    "<java\tscript:alert(1)>",
    "java&Tab;script:alert(1)",
    "java&NewLine;script:alert(1)",
    "vbscript:x",
    "file:///etc/passwd",
    "data:text/html;base64,PHNjcmlwdD4=",
    "data:image/svg+xml;base64,PHN2Zz4=",
    "data:image/png;base64,iVBORw0=",
    "blob:https://a/b",
    "feed:javascript:1",
    "view-source:x",
    "jar:http://a!/b",
    "intent://x",
    "ms-word:ofe|u|http://x",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil\\share",
    "/%5Cevil.example",
]
SCRIPTS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<details ontoggle=alert(1) open>x</details>",
    "<!-- --!><script>alert(1)</script> -->",
    "<![CDATA[<script>alert(1)</script>]]>",
    '<a href="jav&#x09;ascript:alert(1)">x</a>',
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "<iframe src=javascript:alert(1)></iframe>",
    "<object data=x></object><embed src=x><base href=//evil.example><meta http-equiv=refresh content=0>",
    "<form action=//evil.example><input name=q><button formaction=javascript:1>x</button></form>",
    "<video src=javascript:1 onerror=alert(1)></video>",
    "<p style=\"background:url(//evil.example)\" onclick='x'>x</p>",
    "<style>@import url(//evil.example)</style>",
    "<textarea><img title='</textarea><img src=x onerror=alert(1)>'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
]


class Audit(HTMLParser):
    """Notes every tag, attribute and address that no page may hold."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in KNOWN_TAGS and tag not in ("form", "input", "button"):
            self.faults.append(f"<{tag}>")
        for name, value in attrs:
            self._attribute(name, value or "")

    def _attribute(self, name: str, value: str) -> None:
        if name not in ATTRIBUTES:
            self.faults.append(f"{name}={value}")
        if name == "id":
            self.ids.append(value)
        if name in ("href", "src", "data-src"):
            self.links.append(value)
            is_plain = value.lower().startswith(("https://", "http://", "#", "mailto:", "tel:", "sms:")) or (
                ":" not in value.split("/")[0] and not value.startswith(("//", "/\\", "\\"))
            )
            if not is_plain or (name == "src" and not value.startswith("/assets/")):
                self.faults.append(f"{name}={value}")


def audit(text: str) -> Audit:
    found = Audit(render(text, iframe_hosts=HOSTS).html)
    assert found.faults == []
    return found


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("form", ["[x]({})", "![x]({})", "[x][r]\n\n[r]: {}", "<{}>", '<a href="{}">x</a>', '<img src="{}">', "<iframe src='{}'></iframe>"])
def test_an_address_of_another_kind_never_becomes_a_link(form: str, address: str) -> None:
    found = audit(form.format(address))
    assert not [link for link in found.links if not link.startswith("java%09")]


@pytest.mark.parametrize("payload", SCRIPTS)
@pytest.mark.parametrize(
    "place", ["{}", "a {} b", "# {}", "> {}", "- {}", "|{}|\n|-|", "[{}](x)", "**{}**", "x[^1]\n\n[^1]: {}", "<div>\n{}\n</div>", "> [!NOTE] {}"]
)
def test_no_place_lets_a_script_through(place: str, payload: str) -> None:
    audit(place.format(payload))


def test_a_tag_nobody_may_use_is_shown_as_it_was_written() -> None:
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in render("Put <script>alert(1)</script> in").html
    assert "&lt;YOUR_KEY&gt;" in render("<YOUR_KEY>").html


def test_quotes_in_texts_of_images_and_code_stay_inside_their_attribute() -> None:
    for text in ('![a" onerror="x](https://a.b/y.png)', '![x](https://a.b/x.png "t\\" onerror=alert(1)")', '```js" onload="x\n1\n```', "```<script>\n1\n```"):
        audit(text)


def test_entities_are_decoded_once() -> None:
    assert "&lt;script&gt;" in render("&lt;script&gt;").html
    assert "&amp;lt;" in render("&amp;lt;").html


def test_a_nul_becomes_a_replacement_character_and_a_lone_surrogate_too() -> None:
    assert "\ufffd" in render("a\0b").html
    assert "\ufffd" in render("a\ud800b").html


@pytest.mark.parametrize("name", ["cookie", "__proto__", "constructor", "forms"])
def test_ids_cannot_stand_in_for_what_scripts_look_up(name: str) -> None:
    for text in (f"# {name.replace('_', chr(92) + '_')}", f"# x {{#{name}}}", f'<a id="{name}"></a>', f"<a name={name}></a>"):
        assert all(found.startswith("kb-") for found in audit(text).ids), text
    assert f"kb-{name}" in audit(f"# x {{#{name}}}\n\n[go](#{name})").ids
    assert f"#kb-{name}" in audit(f"# x {{#{name}}}\n\n[go](#{name})").links


def test_ids_are_unique_and_never_empty() -> None:
    ids = audit('# a\n\n# a\n\n#\n\n#\n\n# !\n\n# x {#a}\n\n<a id="b"></a><a id="b"></a>\n\n# b').ids
    assert len(ids) == len(set(ids))
    assert all(ids)


@pytest.mark.parametrize("headers", ["?bcc=d@e.f&subject=x", "?BCC=d@e.f", "%3Fbcc=d@e.f", "%3fbcc=d@e.f", "&bcc=d@e.f", "%26bcc=d@e.f", "&#63;bcc=d@e.f", "?"])
@pytest.mark.parametrize("form", ["[x]({})", "<{}>", '<a href="{}">x</a>', "[x][r]\n\n[r]: {}"])
def test_mail_addresses_lose_their_headers(form: str, headers: str) -> None:
    assert audit(form.format(f"mailto:a@b.c{headers}")).links == ["mailto:a@b.c"]
    assert audit(form.format(f"MailTo:a@b.c{headers}")).links == ["MailTo:a@b.c"]


@pytest.mark.parametrize("address", ["mailto:a@b.c%0Abcc:d@e.f", "mailto:a@b.c%0d%0abcc:d@e.f", "tel:1%0A2", "sms:1%00"])
def test_a_line_cannot_be_broken_in_an_address(address: str) -> None:
    assert audit(f"[x]({address})").links == []


@pytest.mark.parametrize("address", ["tel:+49-30-1234", "tel:+1-800-555;ext=12", "TEL:+49301234", "sms:+4930123", "sms:+4930123?body=START"])
def test_a_telephone_number_is_a_link(address: str) -> None:
    assert audit(f"[call]({address})").links == [address]


@pytest.mark.parametrize(
    "address", ["mailto:a@b.c?bcc=d@e.f", "MAILTO:a@b.c", "tel:+1", "sms:+1?body=x", "ftp://a/b", "//a.example/x.mp4", "java&Tab;script:1"]
)
@pytest.mark.parametrize(
    "form",
    [
        '<video src="{}"></video>',
        '<video><source src="{}"></video>',
        '<video src="{}" title="Film">x</video>',
        '<iframe src="{}"></iframe>',
        '<iframe src="{}" title="Film"></iframe>',
        '<img src="{}">',
        "![x]({})",
        '<picture><source src="{}"><img src="{}"></picture>',
    ],
)
def test_only_a_web_address_or_a_file_is_shown_in_a_page(form: str, address: str) -> None:
    found = audit(form.replace("{}", address))
    assert found.links == []


def test_a_thousand_combining_marks_do_no_harm() -> None:
    assert "e" in render("e" + "\u0301" * 1000).html


def line_of_refusal(text: str) -> int | None:
    try:
        audit(text)
    except TooComplex as refusal:
        return refusal.line
    return None


BOMBS = {
    "brackets": "[" * 50_000,
    "many brackets": "[" * 250_000,
    "images": "![" * 25_000,
    "cdata": "<![CDATA[" * 5_500,
    "quotes": '"' * 50_000,
    "headings": "# a\n" * 20_000,
    "footnotes": "^[" * 5_000,
    "backticks": "".join("`" * length + " " for length in range(600)),
    "stars": "*_" * 25_000,
    "quotes in quotes": "> " * 25_000,
    "lists in lists": "".join("  " * depth + "- a\n" for depth in range(400)),
    "less than": "<" * 50_000,
    "ampersands": "&" * 50_000,
    "definitions": "".join(f"[a{number}]: x\n" for number in range(4_000)),
    "divisions": "<div>" * 50_000,
    "links": "<a href=x>" * 20_000,
    "table": "|a" * 300 + "\n" + "|-" * 300 + "\n" + ("|a" * 300 + "\n") * 100,
    "addresses": "http://" * 30_000,
    "a wide table": "|a" * 1_000 + "\n" + "|-" * 1_000 + "\n" + "|\n" * 1_000,
    "a wide table in a quote": "> " + "|a" * 1_000 + "\n> " + "|-" * 1_000 + "\n" + "> |\n" * 1_000,
    "a wide table in a list": "1. " + "a|" * 1_000 + "\n   " + "-|" * 1_000 + "\n" + "   a\n" * 1_000,
    "many tables": ("|a" * 40 + "\n" + "|-" * 40 + "\n" + "|\n" * 10 + "\n") * 30,
    "almost a table": "|" + " " * 200_000 + "-x\n" + "|-" + " " * 20_000 + "x",
    "long titles by reference": '[a]: /x "' + "t" * 100_000 + '"\n\n' + "[a] " * 3_000,
    "long addresses by reference": "[a]: /" + "t" * 50_000 + "\n\n" + "[a] " * 7_000,
    "pictures by reference": "[a]: /x.png 't" + "t" * 50_000 + "'\n\n" + "![a] " * 7_000,
    "references": "".join(f"[a{number}]: x\n" for number in range(3_000)) + "\n" + "".join(f"[a{number}] " for number in range(3_000)),
    "one footnote often": "x[^1] " * 7_000 + "\n\n[^1]: y",
    "a footnote in itself": "x[^1]\n\n[^1]: " + "y[^1] " * 6_000,
    "footnotes in a chain": "".join(f"x[^{number}]\n\n[^{number}]: y[^{number + 1}]\n\n" for number in range(3_500)),
    "underlined headings": "a\n=\n" * 19_000,
    "quoted lines": ("> " * 9 + "a\n\n") * 5_000,
    "lists of attributes": "- x\n\n{.a}\n\n" * 4_900,
    "notes": "> [!NOTE] x\n\n" * 6_000,
    "films": "<div>" * 4_000 + "<video><source src=x>" * 2_000,
    "iframes": "<iframe><p " * 4_900,
    "isolates": "\u2067" * 80_000,
    "too large": "word " * 60_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_renders_or_is_refused_with_its_line(name: str) -> None:
    refused_at = line_of_refusal(BOMBS[name])
    assert refused_at is None or 1 <= refused_at <= BOMBS[name].count("\n") + 1


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_little_time_and_makes_no_large_page(name: str) -> None:
    began = time.process_time()
    try:
        html = render(BOMBS[name]).html
    except TooComplex:
        html = ""
    assert time.process_time() - began < MOST_S
    assert len(html) < MOST_CHARS


@pytest.mark.parametrize(
    ("name", "line", "reason"), [("a wide table", 15, "cells"), ("many tables", 390, "cells"), ("long titles by reference", 3, "addresses or titles")]
)
def test_what_is_refused_is_named_with_its_reason(name: str, line: int, reason: str) -> None:
    with pytest.raises(TooComplex, match=reason) as refusal:
        render(BOMBS[name])
    assert refusal.value.line <= line


def test_large_tables_that_people_write_are_shown() -> None:
    wide = "|" + "a|" * 200 + "\n|" + "-|" * 200 + "\n" + ("|" + "b|" * 200 + "\n") * 25
    long = "|a|b|c|\n|-|-|-|\n" + "|d|e|f|\n" * 2_000
    assert render(wide).html.count("<td>") == 200 * 25
    assert render(long).html.count("<td>") == 3 * 2_000


@pytest.mark.parametrize("name", ["brackets", "headings", "quotes in quotes", "lists in lists", "divisions", "too large"])
def test_what_would_take_long_or_lose_text_is_refused(name: str) -> None:
    with pytest.raises(TooComplex, match="too complex"):
        render("one\ntwo\n\n" + BOMBS[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_the_check_reads_a_bomb_to_its_end(name: str) -> None:
    assert all(slip.line for slip in find_source_problems(BOMBS[name].splitlines(), HOSTS))
    if line_of_refusal(BOMBS[name]) is None:
        assert all(left.advice for left in find_unparsed_markup(render(BOMBS[name]).html))
