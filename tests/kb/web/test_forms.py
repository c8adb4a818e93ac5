"""Forms with files: whole, or not taken at all."""

import pytest
from starlette.testclient import TestClient

END = "--{b}--"


def post(client: TestClient, body: str, boundary: str = "end-of-part") -> int:
    headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
    return client.post("/requests", content=body.replace("\n", "\r\n").replace("{b}", boundary).encode(), headers=headers).status_code


FIELD = '--{b}\nContent-Disposition: form-data; name="subject"\n\nIt beeps\n'
FILE = '--{b}\nContent-Disposition: form-data; name="files"; filename="a.txt"\n\n'


def test_a_whole_form_is_read(client: TestClient) -> None:
    assert post(client, FIELD + FILE + "content\n--{b}--\n") == 403  # it has no nonce
    assert post(client, FIELD + FILE + "content\n--{b}--") == 403
    assert post(client, FIELD + FILE + "content\n--{b}--\nwhat follows is no part of it") == 403


@pytest.mark.parametrize(
    "cut",
    [
        FIELD + FILE + "cont",
        FIELD + FILE + "content\n",
        FIELD + FILE + "content\n--{b}",
        FIELD + FILE + "content\n--{b}-",
        FIELD + FILE + "content\n--{b}\n",
        FIELD + FILE + "content --{b}-- in the middle",
        FIELD + FILE + "content--{b}--\n",
        FIELD + FILE + "-{b}--\n",
        FIELD + '--{b}\nContent-Disposition: form-data; name="files"; filename="--{b}--"\n\ncont',
        FIELD + '--{b}\nContent-Disposition: form-data; name="--{b}--"\n\nvalue',
        FIELD + '--{b}\nX-Note: --{b}--\nContent-Disposition: form-data; name="files"; filename="a"\n\n',
        FIELD[:-3],
        "",
        "no form at all",
    ],
)
def test_a_form_without_its_end_is_refused_whatever_it_holds(client: TestClient, cut: str) -> None:
    assert post(client, cut) == 400


@pytest.mark.parametrize("path", ["/requests", "/sign-in", "/sign-out", "/requests/deflections"])
@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/plain",
        "application/json",
        "text/html",
        "nonsense",
        "application/x-www-form-urlencoded; charset=nope",
        "application/x-www-form-urlencoded;charset=utf-16",
    ],
)
def test_a_body_that_is_no_form_is_refused_as_such(client: TestClient, path: str, kind: str) -> None:
    answer = client.post(path, content=b"subject=It+beeps", headers={"content-type": kind})
    assert answer.status_code == 415
    assert "This is not a form that we can read, so nothing was saved." in answer.text


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded; charset=UTF-8", 'application/x-www-form-urlencoded; charset="utf8"']
)
def test_a_form_may_name_its_charset(client: TestClient, kind: str) -> None:
    assert client.post("/requests", content=b"subject=It+beeps", headers={"content-type": kind}).status_code == 403


def test_a_button_alone_needs_no_body(client: TestClient) -> None:
    assert client.post("/sign-out").status_code == 303


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; charset=nope; boundary=x"])
def test_a_form_whose_boundary_cannot_be_known_is_refused(client: TestClient, kind: str) -> None:
    answer = client.post("/requests", content=(FIELD + FILE).encode(), headers={"content-type": kind})
    assert answer.status_code == 400
