"""Whatever is typed, the answer is a page that says what to do: never a failure of ours."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.text.cleanup import one_line
from tickets.models import Ticket
from tickets.nonce import new_nonce

FIELDS = ("name", "email", "subject", "description", "category", "article", "nonce", "kept", "website", "check", "solved", "body")
TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
FORMS = st.dictionaries(st.sampled_from(FIELDS), TEXT)
PATHS = ("/requests", "/requests/deflections", "/requests/deflections/withdrawal", "/requests/1-" + "0" * 32 + "/comments")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FORMS, st.sampled_from(PATHS))
def test_no_form_ends_in_a_failure_of_ours(client: TestClient, form: dict[str, str], path: str) -> None:
    assert client.post(path, data=form).status_code < 500


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXT, TEXT, st.binary(max_size=40))
def test_a_visible_request_is_stored_as_it_was_typed(client: TestClient, subject: str, description: str, content: bytes) -> None:
    nonce = new_nonce(client.app.state.secret_key, datetime.now(UTC) - timedelta(minutes=1))
    data = {"email": "alice@example.com", "subject": f"a {subject}", "description": f"b {description}", "nonce": nonce}
    client.app.state.settings = client.app.state.settings.model_copy(update={"requests_per_hour": 1_000_000})
    answer = client.post("/requests", data=data, files=[("files", (subject or "x", content or b"x"))])
    assert answer.status_code == 303
    page = client.get(answer.headers["location"])
    assert page.status_code == 200
    with client.app.state.database.read() as session:
        stored = session.execute(select(Ticket.subject).order_by(Ticket.id.desc()).limit(1)).scalar_one()
    assert stored == one_line(f"a {subject}")


@pytest.mark.parametrize("path", ["/requests/suggestions", "/requests/new", "/requests", "/requests/x", "/api/tickets/x", "/attachments/x/y"])
def test_no_query_ends_in_a_failure_of_ours(client: TestClient, path: str) -> None:
    for query in ("q=%00", "q=%ff%fe", "subject=%ed%a0%80", "before=%d9%a1", "before=" + "9" * 5000, "&&&==", "article[]=1", "q=" + "%f0%9f%92%a9" * 2000):
        assert client.get(f"{path}?{query}").status_code < 500
