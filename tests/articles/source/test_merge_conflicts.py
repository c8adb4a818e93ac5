"""What a merge left keeps an article back; an article about merges is shown."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kb.articles.catalog.library import Library
from kb.articles.lint.linter import check
from tests.articles.repositories import commit_all, git

Write = Callable[..., Path]
Open = Callable[..., Library]
CONFLICT = "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> branch"
INDENTED = "\n".join(f"    {line}" for line in CONFLICT.splitlines())

SHOWN = {
    "in a fence": f"```text\n{CONFLICT}\n```",
    "in a fence of tildes": f"~~~\n{CONFLICT}\n~~~",
    "in a long fence": f"````md\n```\n{CONFLICT}\n```\n````",
    "in a fence in a list": "1. Open it:\n\n   ```\n" + "\n".join(f"   {line}" for line in CONFLICT.splitlines()) + "\n   ```",
    "in a fence in a quote": "> ```\n" + "\n".join(f"> {line}" for line in CONFLICT.splitlines()) + "\n> ```",
    "indented": f"Like this:\n\n{INDENTED}\n",
    "indented, above an underlined heading": f"{INDENTED}\n\nHeading\n=======\n\nText.",
    "indented by a tab": "x\n\n" + "\n".join(f"\t{line}" for line in CONFLICT.splitlines()),
    "in pre": f"<pre>\n{CONFLICT.replace('<', '&lt;')}\n</pre>",
    "in pre as it is": f"<pre><code>\n{CONFLICT}\n</code></pre>",
    "in a line": "The mark `<<<<<<< HEAD` begins it, `=======` parts it, `>>>>>>> branch` ends it.\n\nHeading\n=======",
    "with three sides, in a fence": "```\n<<<<<<< HEAD\na\n||||||| base\nb\n=======\nc\n>>>>>>> x\n```",
    "an arrow and a heading": "Press <<<<<<< there.\n\nHeading\n=======\n\n>>>>>>> deep quote",
}
REFUSED = {
    "plain": (CONFLICT, 5),
    "below": (f"one\n\n{CONFLICT}", 7),
    "with three sides": ("<<<<<<< HEAD\na\n||||||| 1234567\nb\n=======\nc\n>>>>>>> x", 5),
    "without names": ("<<<<<<<\na\n=======\nb\n>>>>>>>", 5),
    "of Mercurial": ("<<<<<<< working copy: 1\na\n=======\nb\n>>>>>>> merge rev: 2", 5),
    "of Jujutsu": ("<<<<<<< Conflict 1 of 1\n%%%%%%% Changes\n-a\n+++++++ Side\nb\n>>>>>>> Conflict 1 of 1 ends", 5),
    "with longer marks": ("<<<<<<<<<<<< HEAD\na\n============\nb\n>>>>>>>>>>>> x", 5),
    "about the beginning of a fence": ("<<<<<<< HEAD\n```sh\n=======\n```bash\n>>>>>>> x\nmake\n```", 5),
    "behind a fence": (f"```\ncode\n```\n\n{CONFLICT}", 9),
    "behind a fence that shows one": (f"```\n{CONFLICT}\n```\n\n{CONFLICT}", 13),
    "with Windows lines": (CONFLICT.replace("\n", "\r\n"), 5),
}


@pytest.mark.parametrize("name", SHOWN)
def test_marks_that_are_shown_as_code_are_shown(write: Write, library: Open, name: str) -> None:
    write("a/b/one.md", SHOWN[name])
    opened = library()
    assert list(opened.catalog.articles) == ["one"]
    assert [str(problem) for problem in check(opened) if problem.is_error and "merge" in problem.message and "arrow" not in name] == []


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_merge_left_is_refused_at_its_line(write: Write, library: Open, name: str) -> None:
    body, line = REFUSED[name]
    write("a/b/one.md", body)
    opened = library()
    assert opened.catalog.articles == {}
    assert [(problem.line, problem.message) for problem in opened.catalog.problems] == [
        (line, "an unresolved merge conflict: keep one side and remove the marks")
    ]


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
def test_what_git_itself_leaves_is_refused(write: Write, library: Open, root: Path, style: str) -> None:
    write("a/b/one.md", "first\n\nsame")
    commit_all(root, day=1)
    git(root, "checkout", "-qb", "side")
    write("a/b/one.md", "theirs\n\nsame")
    commit_all(root, day=2)
    git(root, "checkout", "-q", "main")
    write("a/b/one.md", "ours\n\nsame")
    commit_all(root, day=3)
    with pytest.raises(Exception, match="merge"):
        git(root, "-c", f"merge.conflictStyle={style}", "merge", "-q", "side", day=4)
    assert "merge conflict" in library().catalog.problems[0].message
