"""`/healthz` tells load balancers and monitors how the process is."""

import pytest
from sqlalchemy import create_engine
from starlette.testclient import TestClient

from kb.config import Settings
from kb.site.app import create_app


def test_all_is_well(client: TestClient) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "search": "ok", "database": "ok", "files": "ok", "content": {"articles": 0, "errors": 0}}
    assert answer.headers["cache-control"] == "no-store"


def test_a_lost_database_is_503(client: TestClient) -> None:
    database = client.app.state.database
    engine, database.engine = database.engine, create_engine("postgresql://nobody@127.0.0.1:1/nothing")
    answer = client.get("/healthz")
    database.engine = engine  # which has connections to close
    assert answer.status_code == 503
    assert answer.json()["database"] == "down"


@pytest.mark.slow
def test_a_lost_search_server_is_told_but_does_not_take_the_site_down(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"meilisearch_url": "http://127.0.0.1:1"}))
    with TestClient(app, headers={"user-agent": "Mozilla/5.0 (test)"}) as client:
        for word in ("one", "two", "three", "four", "five", "six"):
            client.get("/api/search", params={"q": word})
        answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["search"] == "down"
