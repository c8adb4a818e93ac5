"""An address is stored as the mail server will be given it, and never becomes the address of another domain."""

import idna
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.accounts.models import User
from kb.text.email_address import canonical_email
from tests.generators import searches
from tests.tickets.conftest import Send, fields

TYPED_AND_SENT = [
    ("user@faß.de", "user@xn--fa-hia.de"),
    ("user@FASS.de", "user@fass.de"),
    ("user@straße.example", "user@xn--strae-oqa.example"),
    ("user@βόλος.com", "user@xn--nxasmm1c.com"),
    ("user@نامه‌ای.com", "user@xn--mgba3gch31f060k.com"),
    ("user@Bücher.EXAMPLE", "user@xn--bcher-kva.example"),
    ("user@bu\u0308cher.example", "user@xn--bcher-kva.example"),
    ("user@例え。テスト", "user@xn--r8jz45g.xn--zckzah"),
    ("user@ｅｘａｍｐｌｅ．com", "user@example.com"),
    ("user@ex\u00adample.com", "user@example.com"),
    ("user@exаmple.com", "user@xn--exmple-4nf.com"),
    ("user@XN--FA-HIA.de", "user@xn--fa-hia.de"),
    ("user@xn--i-7iq.ws", "user@xn--i-7iq.ws"),
    ("o'hara+help={1}@example.com", "o'hara+help={1}@example.com"),
]
REFUSED = [
    *("user@i❤.ws", "user@☃.example", "user@xn--a.de", "user@xn--.de", "user@xn--abc-.de", "user@xn--99999999999.de", "user@a\u200db.de"),
    *("bac\u212a@example.com", "us\u0131r@example.com", "ｕser@example.com", "user＠example.com", "=?utf-8?q?a=40b.c?=@example.com", "a=?b@example.com"),
    *("user@" + "ü" * 60 + ".de", "user@" + "a." * 130 + "de", "user@1.2.3.4", "user@[127.0.0.1]", "user@de", "user@a_b.de", "user@-a.de"),
    *("user@א1a.example", "user@\u0301a.example"),
]


@pytest.mark.parametrize(("typed", "sent"), TYPED_AND_SENT)
def test_a_request_is_from_the_domain_that_was_typed(client: TestClient, send: Send, typed: str, sent: str) -> None:
    assert send(email=typed).status_code == 303
    with client.app.state.database.read() as session:
        assert session.scalars(select(User.email)).all() == [sent]


@pytest.mark.parametrize("typed", REFUSED)
def test_what_may_mean_another_address_is_refused_with_what_to_do(client: TestClient, send: Send, typed: str) -> None:
    answer = send(email=typed)
    assert answer.status_code == 422
    assert "full email address, like name@example.com" in answer.text
    assert fields(answer.text)["nonce"]
    with client.app.state.database.read() as session:
        assert session.scalars(select(User.email)).all() == []


LETTERS = st.characters(codec="utf-8", categories=["L", "N", "M", "Cf", "S", "Pd"])
LABELS = st.text(LETTERS, min_size=1, max_size=12) | st.sampled_from(["ß", "ς", "xn--", "\u200d", "。"])


@searches(examples=500)
@given(st.lists(LABELS, min_size=2, max_size=6))
@example(["faß", ".de"])
def test_any_domain_is_the_one_of_the_current_standard_or_none(labels: list[str]) -> None:
    domain = "".join(labels[:-1]) + "." + labels[-1]
    found = canonical_email(f"user@{domain}")
    if found is None or domain.isascii():
        return
    name = found.removeprefix("user@")
    assert name.isascii()
    assert idna.encode(idna.decode(name)).decode() == name
    assert canonical_email(found) == found
