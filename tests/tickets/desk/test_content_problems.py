"""Staff see which files keep something from readers, with line and reason; nobody else does."""

import logging
import re

import pytest
from starlette.testclient import TestClient

from kb.accounts.models import User
from kb.site.content_watcher import ProblemLog, refresh
from tests.cast import add_person, sign_in, signed_in

GOOD = "---\ntitle: Replace the capacitor\n---\n\nUnscrew it.\n"
FAULTS = {
    "an unknown key": ("---\ntitel: x\n---\n", 2, "unknown key titel"),
    "front matter that never ends": ("---\ntitle: x\n", 1, "has no end"),
    "YAML that cannot be read": ("---\ntitle: [\n---\n", 3, ""),
    "a conflict": (GOOD + "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\n", 6, "merge conflict"),
    "too many marks": (GOOD + "[" * 60_000, 6, "too complex"),
    "a NUL": (GOOD + "\0", 6, "NUL"),
    "markup": ("---\n<script>alert(1)</script>: x\n---\n", 2, "unknown key"),
}


def write(client: TestClient, text: str | bytes, name: str = "help/parts/capacitor.md") -> None:
    path = client.app.state.settings.content / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    refresh(client.app.state.library, client.app.state.searcher)


def rows(page: str) -> list[list[str]]:
    """The cells of each row, as text."""
    return [
        [re.sub(r"<[^>]*>", "", cell).strip() for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)]
        for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL)
    ]


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize("name", FAULTS)
def test_a_new_file_with_an_error_is_named_with_line_and_reason(client: TestClient, name: str) -> None:
    text, line, reason = FAULTS[name]
    write(client, text)
    _, found = rows(client.get("/desk/content").text)
    assert found[:2] == ["help/parts/capacitor.md", str(line)]
    assert reason in found[2]
    assert found[3] == "Nothing"
    page = client.get("/desk/content").text
    assert "<script>alert" not in page
    assert "`" not in page, "code is shown as code"


@pytest.mark.usefixtures("agent")
def test_a_bad_change_says_that_readers_see_the_last_good_version(client: TestClient) -> None:
    write(client, GOOD)
    write(client, "---\ntitel: x\n---\n")
    assert rows(client.get("/desk/content").text)[1][3] == "The last good version"
    assert client.get("/articles/capacitor").status_code == 200


@pytest.mark.usefixtures("agent")
def test_the_page_is_in_the_navigation_while_there_is_something_to_correct(client: TestClient) -> None:
    write(client, GOOD)
    assert "/desk/content" not in client.get("/desk").text
    empty = client.get("/desk/content")
    assert empty.status_code == 200
    assert "No problems" in empty.text
    assert "1 article is published" in empty.text
    write(client, "---\ntitel: x\n---\n", "help/parts/coil.md")
    assert '<a href="/desk/content">Article problems (1)</a>' in client.get("/desk").text
    write(client, GOOD, "help/parts/coil.md")
    assert "/desk/content" not in client.get("/desk").text


@pytest.mark.usefixtures("agent")
def test_errors_of_the_search_file_and_warnings_are_named_too(client: TestClient) -> None:
    write(client, "synonyms: [\n", "_search.yml")
    write(client, GOOD, "help/parts/other.markdown")
    page = client.get("/desk/content").text
    assert "_search.yml" in page
    assert page.index("Warnings") < page.index("help/parts/other.markdown")


def test_a_history_that_cannot_be_read_is_named(client: TestClient, agent: User) -> None:
    (client.app.state.settings.content / ".git").mkdir()
    (client.app.state.settings.content / ".git/HEAD").write_text("nonsense")
    write(client, GOOD)
    assert "Articles show their files&#39; dates" in client.get("/desk/content").text


def test_it_is_not_for_customers_and_strangers(client: TestClient, agent: User) -> None:
    write(client, "---\ntitel: secret-words\n---\n")
    customer = TestClient(client.app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False)
    assert customer.get("/desk/content").status_code == 303
    sign_in(customer, add_person(client, "carol@example.com", "customer"))
    assert customer.get("/desk/content").status_code in (403, 404)
    for path in ("/articles/capacitor", "/healthz", "/desk/content"):
        assert "titel" not in customer.get(path).text
    assert client.post("/desk/content").status_code == 405


def test_staff_are_told_why_an_article_is_missing(client: TestClient, agent: User) -> None:
    write(client, "---\ntitel: x\n---\n")
    answer = client.get("/articles/capacitor")
    assert answer.status_code == 404
    assert "help/parts/capacitor.md:2: unknown key" in answer.text
    assert client.get("/articles/other").status_code == 404
    assert "capacitor" not in client.get("/articles/other").text
    assert "capacitor.md" in signed_in(client, "root@example.com", "admin").get("/articles/capacitor").text


def test_monitors_learn_how_many_and_nothing_else(client: TestClient) -> None:
    write(client, GOOD)
    write(client, "---\ntitel: x\n---\n", "help/parts/coil.md")
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["content"] == {"articles": 1, "errors": 1}
    assert "coil" not in answer.text


def test_the_log_names_each_problem_once_and_says_when_it_is_gone(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "deskbook.content")
    problems = ProblemLog(client.app.state.library)

    def said() -> list[tuple[str, str]]:
        caplog.clear()
        problems.update()
        return [(record.levelname, record.getMessage()) for record in caplog.records]

    write(client, GOOD)
    assert said() == []
    write(client, "---\ntitel: x\n---\n", "help/parts/coil.md")
    ((level, line),) = said()
    assert level == "WARNING"
    assert line.startswith("help/parts/coil.md:2: unknown key `titel`")
    assert line.endswith("(not shown)")
    assert said() == []
    write(client, "---\ntitle: [\n---\n")
    assert said()[0][1].endswith("(the last good version is shown)")
    write(client, GOOD, "help/parts/coil.md")
    write(client, GOOD)
    assert [level for level, _ in said()] == ["INFO", "INFO"]
