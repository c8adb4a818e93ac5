"""A posted value of the wrong kind is refused in the words of JSON, which whoever wrote the program knows."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.accounts.authentication.api_keys import make_key
from tests.cast import add_person
from tickets.fields import MOST_TAGS

TICKET = {"subject": "Help", "comment": {"body": "It broke."}, "requester": {"email": "alice@example.com"}}


def _refusals(client: TestClient, ticket: Any) -> dict[str, str]:
    agent = add_person(client, "agent@example.com")
    with client.app.state.database.write() as session:
        _made, secret = make_key(session, "test", "write", agent, datetime.now(UTC))
    headers = {"authorization": f"Bearer {secret}", "content-type": "application/json"}
    answer = client.post("/api/tickets", content=json.dumps({"ticket": ticket}), headers=headers)
    assert answer.status_code == 422
    fields: dict[str, str] = answer.json()["error"]["fields"]
    return fields


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"subject": 5}, "ticket.subject", "must be a string, not a number"),
        ({"subject": None}, "ticket.subject", "must be a string, not null"),
        ({"subject": False}, "ticket.subject", "must be a string, not a boolean"),
        ({"comment": "Hello"}, "ticket.comment", "must be an object, not a string"),
        ({"comment": None}, "ticket.comment", "must be an object, not null"),
        ({"requester": ["a@example.com"]}, "ticket.requester", "must be an object, not an array"),
        ({"requester": {"email": {"a": 1}}}, "ticket.requester.email", "must be a string, not an object"),
        ({"tags": "fire"}, "ticket.tags", "must be an array, not a string"),
        ({"tags": [1.5]}, "ticket.tags.0", "must be a string, not a number"),
        ({"tags": [f"t{number}" for number in range(MOST_TAGS + 1)]}, "ticket.tags", f"must have at most {MOST_TAGS} items, not {MOST_TAGS + 1}"),
        ({"priority": 3}, "ticket.priority", "must be 'low', 'normal', 'high' or 'urgent'"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_in_the_words_of_json(client: TestClient, changes: dict[str, Any], field: str, said: str) -> None:
    assert _refusals(client, TICKET | changes) == {field: said}


@pytest.mark.parametrize("body", [1, [], "x", None, True])
def test_a_ticket_that_is_no_object_is_refused_without_python_words(client: TestClient, body: Any) -> None:
    [(field, said)] = _refusals(client, body).items()
    assert field == "ticket"
    assert said.startswith("must be an object, not ")
    assert [word for word in ("dict", "list", "None", "int", "instance", "Posted") if word in said] == []
