"""The manual's pictures of pages: each is taken by `make screenshots`, so none can stay old for want of a way to take it again."""

from tests.screenshots.__main__ import CONTENT, PICTURES


def test_every_picture_of_the_manual_can_be_taken_again() -> None:
    assert {picture.file for picture in PICTURES.values()} == {path.relative_to(CONTENT).as_posix() for path in CONTENT.rglob("*.png")}
