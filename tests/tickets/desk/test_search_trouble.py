"""An admin sees on the desk what is wrong with the search server, in its own words; agents have other work."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from kb.config import Settings
from kb.site.app import create_app
from tests.cast import signed_in
from tests.search.engines.test_indexes import until
from tests.search.faulty import Faulty, faulty_server, says

pytestmark = pytest.mark.slow


@pytest.fixture
def faulty() -> Iterator[Faulty]:
    with faulty_server() as server:
        yield server


@pytest.mark.parametrize(
    ("code", "message"), [("invalid_api_key", "The provided API key is invalid."), ("no_space_left_on_device", "No space left on device <os error 28>")]
)
@pytest.mark.parametrize("works_inside", [True, False])
def test_an_admin_reads_what_the_server_said_and_requests_are_filed(settings: Settings, faulty: Faulty, code: str, message: str, works_inside: bool) -> None:
    faulty.answer = says(403, {"message": message, "code": code, "type": "auth", "link": ""})
    app = create_app(settings.model_copy(update={"meilisearch_url": faulty.url, "meilisearch_key": SecretStr("gone"), "worker": works_inside}))
    with TestClient(app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False) as client:
        admin, agent = signed_in(client, "root@example.com", "admin"), signed_in(client, "ada@example.com")
        until(lambda: code in admin.get("/desk").text)
        page = admin.get("/desk").text
        assert message.replace("<", "&lt;").replace(">", "&gt;") in page
        assert "uses the embedded engine" not in agent.get("/desk").text
        assert client.get("/healthz").json()["search"] == "down"
        assert client.get("/requests/new").status_code == 200
        asked = len(faulty.paths)
    assert asked < 20
