"""Above a block of code stands its title, and nothing that other programs read there."""

import pytest

from kb.articles.markdown.render import render

TITLES = {
    'js title="src/app.js"': ("js", "src/app.js"),
    "js title='src/app.js'": ("js", "src/app.js"),
    "js title=src/app.js": ("js", "src/app.js"),
    "js:title=src/app.js": ("js", "src/app.js"),
    "ts:src/app.ts": ("ts", "src/app.ts"),
    'python filename="a b.py" copy': ("python", "a b.py"),
    'python title="a.py" linenums="1" hl_lines="2 3"': ("python", "a.py"),
    'python linenums="1" title="a.py"': ("python", "a.py"),
    '{.python title="a.py" .numberLines}': ("python", "a.py"),
    'python {title="a.py"}': ("python", "a.py"),
    "sh {filename: a.sh}": ("sh", "a.sh"),
    'sh {"title": "a.sh"}': ("sh", "a.sh"),
    "bash Install it": ("bash", "Install it"),
    "yaml docker-compose.yml": ("yaml", "docker-compose.yml"),
    "yaml docker-compose.yml {2}": ("yaml", "docker-compose.yml"),
    'js title="a & <b>"': ("js", "a & <b>"),
    "bash [npm]": ("bash", "npm"),
    "js {1,3-4}": ("js", ""),
    "js{1,3-4}": ("js", ""),
    "js {1} showLineNumbers": ("js", ""),
    "js:line-numbers {1}": ("js", ""),
    "js showLineNumbers": ("js", ""),
    "js highlight=[1,2]": ("js", ""),
    "js hl_lines='1 2'": ("js", ""),
    "jsx live": ("jsx", ""),
    "js /useState/ {1}": ("js", ""),
    "rust,ignore": ("rust", ""),
    "rust,ignore,should_panic": ("rust", ""),
    "rust,edition2021,no_run": ("rust", ""),
    "rust,editable,hidelines=#": ("rust", ""),
    "rust,ignore Try it": ("rust", "Try it"),
    'js,title="a b.js"': ("js", "a b.js"),
    "python startline=3 $%@#$": ("python", "$%@#$"),
    "{python}": ("python", ""),
    "{.python .numberLines startFrom=10}": ("python", ""),
    "{r, echo=FALSE}": ("r", ""),
    "{code-block} python": ("python", ""),
    "js": ("js", ""),
    "": ("", ""),
    "c++": ("c++", ""),
    '<script> title="x"': ("", ""),
}


@pytest.mark.parametrize("info", TITLES)
@pytest.mark.parametrize("marks", ["```", "~~~", "````"])
def test_a_block_of_code_has_its_language_and_its_title(info: str, marks: str) -> None:
    language, title = TITLES[info]
    html = render(f"{marks}{info}\nx\n{marks}").html
    shown = title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert html.partition("<pre")[0].strip() == (f'<p class="code-title">{shown}</p>' if title else "")
    assert (f'class="language-{language}"' in html) == bool(language)


def test_a_long_line_behind_the_marks_takes_no_time() -> None:
    for piece in ("a=[", '"a ', "{", "a=", "[", ":", "title="):
        assert "<pre" in render(f"```js {piece * 9_000}\nx\n```").html
