"""No id of an article is one that the page around it uses."""

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kb.articles.slug import safe_id
from kb.site.content_watcher import refresh
from tests.articles.page_audit import ids

SCRIPTS = Path(__file__).parents[3] / "kb/static/js"
PLAIN = "Text.\n\n## One\n\n## Two\n\n## Three\n"
FORMS = [
    "## {}",
    "## Heading {{#{}}}",
    '<a id="{}"></a>text',
    '<a name="{}"></a>text',
    '<div id="{}">text</div>',
    "[x](#x){{#{}}}",
    "text[^{0}]\n\n[^{0}]: note",
]


def page(client: TestClient, body: str) -> str:
    folder = client.app.state.settings.content / "help" / "parts"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("one", "two"):
        (folder / f"{name}.md").write_text(f"---\ntitle: Capacitor {name}\ntags: [parts]\n---\n\n{body}\n")
    refresh(client.app.state.library, client.app.state.searcher)
    return client.get("/articles/one").text


def own_ids(client: TestClient) -> set[str]:
    """The ids of the page itself, and those that its scripts give."""
    around = set(ids(page(client, PLAIN))) - {"one", "two", "three"}
    scripts = "\n".join(path.read_text() for path in SCRIPTS.glob("*.js"))
    rows = {f"search-{name}" for name in re.findall(r'\b(?:row|asked)\("([\w-]+)"', scripts)}
    rows |= {f"search-{name}-0" for name in re.findall(r"\brow\(`([\w-]+)-\$", scripts)}
    voted = set(ids(client.post("/articles/one/votes", data={"value": "no", "fragment": "1"}, headers={"sec-fetch-site": "same-origin"}).text))
    return around | rows | voted | {"hit-1", "hit-2-title"}


def test_the_page_around_an_article_has_ids_to_protect(client: TestClient) -> None:
    assert {"main", "search", "q", "search-list", "search-all", "search-recent-0", "toc-title", "vote-title", "vote-reason"} <= own_ids(client)


@pytest.mark.parametrize("form", FORMS)
def test_no_id_stands_twice_in_a_page(client: TestClient, form: str) -> None:
    own = sorted(own_ids(client))
    found = ids(page(client, "\n\n".join(form.format(name) for name in own)))
    assert sorted(set(found)) == sorted(found)
    assert not {safe_id(name) for name in own} & set(own)


def test_a_link_finds_the_heading_under_its_new_name(client: TestClient) -> None:
    assert 'href="#kb-search"' in page(client, "[x](#search)\n\n## Search")
    assert 'id="kb-search"' in page(client, "[x](#search)\n\n## Search")


@pytest.mark.parametrize("text", ['<a title="a>b" id="x"></a>\n\n## x', '## x\n\n<a title="a>b" id="x"></a>\n\n## x', '<p title="<" id="y"></p>\n\n# y {#y}'])
def test_ids_are_unique_whatever_stands_before_them(client: TestClient, text: str) -> None:
    found = ids(page(client, text))
    assert sorted(set(found)) == sorted(found)
