"""The list under the search box: what its script reads there, and nothing of a text taken for markup."""

from search.engine import Hit, Results
from search.instant_list import render_list
from search.popular import Link

HIT = Hit(
    slug="a", path="a.md", title="A & B", url="/articles/a", anchor='x"y', heading="<i>", breadcrumb=("Sales & care", "<b>"), snippet="1 &lt; <mark>2</mark>",
    title_marked="A &amp; <mark>B</mark>", heading_marked="&lt;i&gt;", score=1.0, locale="es",
)  # fmt: skip


def mark(hit: Hit, reader: str) -> str:
    return f" [{hit.audience} {hit.locale} {reader}]"


def test_a_hit_is_told_with_everything_escaped_once() -> None:
    assert render_list(Results("b", (HIT,), 12, answered=True, corrected='b"<'), "", mark, ()) == (
        '<div data-answered="true" data-degraded="false" data-down="false" data-corrected="b&quot;&lt;">'
        '<ul class="hits" role="listbox" aria-label="Articles"><li class="hit" role="option" data-href="/articles/a#x&quot;y" aria-selected="false">'
        '<span class="hit-name"><span class="hit-title">A &amp; <mark>B</mark> <span class="hit-heading">&lt;i&gt;</span></span> '
        '<span class="hit-trail">Sales &amp; care › &lt;b&gt;</span></span> <span class="hit-snippet">1 &lt; <mark>2</mark></span></li></ul></div>'
    )


def test_other_languages_and_audiences_are_marked() -> None:
    assert ' lang="es"' in (told := render_list(Results("b", (HIT,), 1), "en", mark, ()))
    assert "</mark> [public es en] <span" in told
    told = render_list(Results("b", (HIT._replace(audience="agents"),), 1), "", mark, ())
    assert "[agents es ]" in told
    assert " lang=" not in told


def test_without_hits_the_popular_articles_are_offered() -> None:
    one = Link("Pay & go", "/p")
    told = render_list(Results("zqx", degraded=True), "", mark, [one])
    assert 'data-answered="false" data-degraded="true" data-down="true"' in told
    assert f'</ul><ul data-popular><li><a href="{one.url}">Pay &amp; go</a></li></ul></div>' in told
