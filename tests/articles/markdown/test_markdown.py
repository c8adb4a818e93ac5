"""What writers may use, and what readers see of it."""

import re

import pytest

from kb.articles.article import Passage
from kb.articles.markdown.render import render

HOSTS = ("www.youtube-nocookie.com", "player.vimeo.com", "demo.example")


def text_of(html: str) -> str:
    return re.sub(r"<[^>]*>", "", html)


@pytest.mark.parametrize("mark", ["{.link-external}", " {.link-external}", "{#a .b}", "{: .c}", '{target="_blank"}'])
@pytest.mark.parametrize("before", ["[x](https://a.b)", "*x*", "**x**", "`x`", '<a href="https://a.b">x</a>'])
def test_an_attribute_list_behind_an_element_is_never_shown(before: str, mark: str) -> None:
    assert "{" not in render(f"see {before}{mark}, then").html


def test_an_attribute_list_on_its_own_line_belongs_to_the_table_or_list_above() -> None:
    assert '<table class="wide">' in render("|a|\n|-|\n|b|\n\n{.wide}\n").html
    assert '<ul class="columns">' in render("- a\n- b\n{.columns}\n").html
    assert "{" not in render("- a\n- b\n{.columns}\n").html


def test_braces_in_prose_and_code_stay() -> None:
    assert "{.x}" in render("`{.x}`").html
    assert "{x}" in render("call {x} now").html
    assert "{.gitignore} file" in render("the {.gitignore} file").html


def test_a_heading_takes_the_id_written_behind_it() -> None:
    page = render("## Set up {#setup}\n\n[back](#setup)")
    assert page.headings[0].id == "setup"
    assert page.headings[0].text == "Set up"
    assert "{" not in page.html


def test_a_section_may_be_left_out_of_search_and_stays_on_the_page() -> None:
    page = render(
        "## How\n\nlike so\n\n## History {#past data-search-exclude}\n\nblue\n\n### 1.0\n\nred\n\n## Next { data-search-exclude }\n\ngrey\n\n## Then\n\nnow"
    )
    assert [passage.anchor for passage in page.passages] == ["how", "then"]
    assert [(heading.id, heading.text) for heading in page.headings] == [("how", "How"), ("past", "History"), ("10", "1.0"), ("next", "Next"), ("then", "Then")]
    assert "blue" in page.html
    assert "data-search-exclude" not in page.html
    assert render("<h2 data-search-exclude>Old</h2>\n\nblue").passages == ()


def test_headings_get_the_anchors_readers_expect_and_begin_at_two() -> None:
    page = render("# What's new?\n\n## Größe & Gewicht\n\n## What's new?")
    assert [heading.id for heading in page.headings] == ["whats-new", "größe--gewicht", "whats-new-1"]
    assert [heading.level for heading in page.headings] == [2, 2, 2]


def test_passages_hold_the_text_under_each_heading_with_the_headings_above() -> None:
    page = render("Start\n\n## One\n\nfirst `code`\n\n### Deep\n\n- a\n- b\n\n## Two\n\n|x|y|\n|-|-|\n|1|2|")
    assert page.passages == (
        Passage("", (), "Start"),
        Passage("one", ("One",), "first code"),
        Passage("deep", ("One", "Deep"), "a b"),
        Passage("two", ("Two",), "x y 1 2"),
    )


@pytest.mark.parametrize("kind", ["NOTE", "Tip", "important", "WARNING", "CAUTION"])
@pytest.mark.parametrize("form", ["> [!{}]\n> text", "> [!{}] text", ">[!{}]\n>\n> text", "1. a\n\n   > [!{}]\n   > text"])
def test_an_alert_says_in_words_what_it_is(form: str, kind: str) -> None:
    html = render(form.format(kind)).html
    assert f'<div class="alert alert-{kind.lower()}">' in html
    assert f'<p class="alert-title">{kind.capitalize()}</p>' in html
    assert "[!" not in html
    assert "text" in html


@pytest.mark.parametrize(
    "form",
    [
        "> [!TIP] {}\n> Text.",
        "> [!TIP] {}\n>\n> Text.",
        "> [!tip]- {}\n> Text.",
        "> [!TIP]+  {}  \n> Text.",
        "1. a\n\n   > [!TIP] {}\n   > Text.",
        "> > [!TIP] {}\n> > Text.",
    ],
)
def test_an_alert_may_have_a_title_of_its_own(form: str) -> None:
    page = render(form.format("My **title** & `code`"))
    assert ">My <strong>title</strong> &amp; <code>code</code></p>" in page.html
    assert '<span class="alert-kind visually-hidden">Tip: </span>' in page.html
    assert "<p>Text.</p>" in page.html
    assert "<p></p>" not in page.html
    assert page.passages[0].text.endswith("My title & code Text.")


@pytest.mark.parametrize(
    "text",
    [
        "Only this sentence.",
        "Only this",
        "A sentence that\n> goes on here.",
        "The first sentence.\n> The second.",
        "See [one](x),\n> or two.",
        "x" * 200 + "\n> y",
    ],
)
def test_words_behind_the_mark_that_are_no_title_are_text(text: str) -> None:
    html = render(f"> [!WARNING] {text}").html
    assert '<p class="alert-title">Warning</p>' in html
    assert "own-title" not in html
    assert html.count("<p>") == 1


def test_a_note_in_a_note_has_its_own_title() -> None:
    html = render("> [!NOTE] Outer\n> > [!TIP] Inner\n> > Deep").html
    assert [html.index(word) for word in ("Note: ", "Outer", "Tip: ", "Inner", "Deep")] == sorted(
        html.index(word) for word in ("Note: ", "Outer", "Tip: ", "Inner", "Deep")
    )


def test_lists_nest_inside_ordered_lists() -> None:
    html = render("1. one\n   - a\n     - b\n2. two\n\n   ```\n   code\n   ```\n3. three").html
    assert html.count("<ol>") == 1
    assert html.count("<ul>") == 2


def test_task_lists_show_boxes() -> None:
    assert "☑ done" in render("- [x] done\n- [ ] open").html
    assert "☐ open" in render("- [x] done\n- [ ] open").html


def test_known_code_is_coloured_and_unknown_code_is_plain() -> None:
    assert 'class="hl-' in render("```python\nprint(1)\n```").html
    assert '<pre tabindex="0"><code class="language-zork">x &lt; y\n</code></pre>' in render("```zork\nx < y\n```").html
    assert "docker-compose.yml" in render("```yaml docker-compose.yml\na: 1\n```").html


def test_footnotes_link_there_and_back() -> None:
    html = render("word[^1]\n\n[^1]: explained").html
    assert 'href="#fn1"' in html
    assert 'href="#fnref1"' in html
    assert 'aria-label="Back to the text"' in html


def test_columns_keep_their_alignment() -> None:
    html = render("|a|b|c|\n|:-|:-:|-:|\n|1|2|3|").html
    assert "<td>1</td>" in html.replace(' data-align="left"', "")
    assert '<td data-align="center">2</td>' in html
    assert '<th data-align="right">c</th>' in html


def test_tables_scroll_and_can_be_reached_by_keyboard() -> None:
    assert '<div class="table-scroll" tabindex="0" role="group" aria-label="Table"><table>' in render("|a|\n|-|\n|b|").html


@pytest.mark.parametrize(
    "link", ["https://youtu.be/abcdefghijk", "https://www.youtube.com/watch?v=abcdefghijk&t=3", "https://www.youtube.com/embed/abcdefghijk"]
)
def test_a_video_link_alone_in_its_paragraph_becomes_a_player_that_loads_nothing(link: str) -> None:
    html = render(f"[How it works]({link})", iframe_hosts=HOSTS).html
    assert 'data-src="https://www.youtube-nocookie.com/embed/abcdefghijk"' in html
    assert 'href="https://www.youtube.com/watch?v=abcdefghijk"' in html
    assert "<iframe" not in html


def test_a_video_link_inside_a_sentence_stays_a_link() -> None:
    assert "data-player" not in render("See [this](https://youtu.be/abcdefghijk) first.", iframe_hosts=HOSTS).html


def test_vimeo_mp4_and_allowed_iframes_become_players() -> None:
    assert "https://player.vimeo.com/video/123456?dnt=1" in render("[v](https://vimeo.com/123456)", iframe_hosts=HOSTS).html
    video = render('<video controls><source src="https://cdn.example/a.mp4">no video</video>', iframe_hosts=HOSTS)
    assert 'data-player="video" data-src="https://cdn.example/a.mp4"' in video.html
    assert "no video" not in text_of(video.html)
    assert 'data-player="iframe" data-src="https://demo.example/x"' in render("<iframe src=https://demo.example/x></iframe>", iframe_hosts=HOSTS).html


def test_an_iframe_from_elsewhere_becomes_a_plain_link() -> None:
    html = render("<iframe src=https://other.example/x></iframe>", iframe_hosts=HOSTS).html
    assert '<a href="https://other.example/x" rel="noopener noreferrer">' in html
    assert "data-player" not in html


def test_a_nameless_image_from_elsewhere_in_a_card_is_an_ornament() -> None:
    assert "x.example" not in render('<div class="card">\n<img src="https://x.example/a.png"> Nano\n</div>').html
    assert 'href="https://x.example/a.png"' in render('<div class="card">\n<img src="https://x.example/a.png" alt="A Nano">\n</div>').html
    assert 'href="https://x.example/a.png"' in render('<img src="https://x.example/a.png">').html


def test_an_image_from_elsewhere_becomes_a_link() -> None:
    html = render("![The board](https://cdn.example/b.png)").html
    assert "<img" not in html
    assert 'href="https://cdn.example/b.png"' in html
    assert "The board" in html


def test_hidden_words_are_found_but_not_shown() -> None:
    page = render('Text\n\n<p style="display: none;">\n  Tags: sprache\n</p>')
    assert page.hidden == "Tags: sprache"
    assert "sprache" not in page.html


def test_an_empty_link_beside_its_label_takes_the_label() -> None:
    html = render('<div>\n  <a id="keep" href="https://a.b/c"></a>\n  <span class="link-chevron-right">Track your order</span>\n</div>').html
    assert re.search(r'<a href="https://a.b/c"[^>]*><span class="link-chevron-right">Track your order</span></a>', html)


def test_words_that_look_like_hosts_are_no_links() -> None:
    assert "<a" not in render("open README.md and main.py").html
    assert 'href="https://a.example/x"' in render("see https://a.example/x").html


def test_html_for_keys_breaks_figures_and_details_is_kept() -> None:
    html = render("<kbd>Ctrl</kbd><br>\n\n<details><summary>More</summary>\n\n*text*\n\n</details>\n\n<figure><figcaption>c</figcaption></figure>").html
    for part in ("<kbd>Ctrl</kbd>", "<br>", "<summary>More</summary>", "<em>text</em>", "<figcaption>c</figcaption>"):
        assert part in html
