"""Reverse proxies: only those configured are believed about where a request comes from."""

import pytest
from starlette.testclient import TestClient

from kb.config import Settings
from kb.site.app import create_app

pytestmark = pytest.mark.at_noon

PROXY = "192.0.2.7"


def statuses(settings: Settings, *, far_ends: int, written: str = "203.0.113.{:x}") -> set[int]:
    """What asking for sign-in links answers, one more often than one address may, spread over as many forwarded addresses."""
    with TestClient(create_app(settings), headers={"user-agent": "Mozilla/5.0 (test)"}, client=(PROXY, 1)) as client:
        asked = (
            client.post("/sign-in/link", data={"email": f"{n}@example.com"}, headers={"x-forwarded-for": written.format(n % far_ends)})
            for n in range(settings.sign_ins_per_hour + 1)
        )
        return {answer.status_code for answer in asked}


def test_visitors_behind_a_trusted_proxy_are_told_apart(settings: Settings) -> None:
    trusting = settings.model_copy(update={"trusted_proxies": (PROXY,)})
    assert statuses(trusting, far_ends=2) == {200}


def test_one_visitor_behind_a_trusted_proxy_is_still_limited(settings: Settings) -> None:
    trusting = settings.model_copy(update={"trusted_proxies": (PROXY,)})
    assert statuses(trusting, far_ends=1) == {200, 429}


@pytest.mark.parametrize(("written", "expected"), [("2001:db8::{:x}", {200, 429}), ("2001:db8:0:{:x}::1", {200}), ("::ffff:203.0.113.{}", {200})])
def test_the_addresses_of_one_ipv6_network_are_one_visitor(settings: Settings, written: str, expected: set[int]) -> None:
    trusting = settings.model_copy(update={"trusted_proxies": (PROXY,)})
    assert statuses(trusting, far_ends=4, written=written) == expected


@pytest.mark.parametrize("proxies", [(), ("192.0.2.1",)])
def test_nobody_else_can_choose_their_address(settings: Settings, proxies: tuple[str, ...]) -> None:
    assert statuses(settings.model_copy(update={"trusted_proxies": proxies}), far_ends=2) == {200, 429}
