"""A content folder to write into, and the library that follows it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kb.articles.catalog.library import Library, Options

Write = Callable[..., Path]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "content"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def write(root: Path) -> Write:
    """Writes one article; further front matter as keywords."""

    def _write(path: str, body: str = "Text.", **front: object) -> Path:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"{key}: {value}" for key, value in ({"title": file.stem} | front).items()]
        file.write_text("---\n" + "\n".join(lines) + f"\n---\n\n{body}\n", encoding="utf-8")
        return file

    return _write


@pytest.fixture
def library(root: Path, tmp_path: Path) -> Callable[..., Library]:
    """Opens the library of the folder, with its cache."""

    def _open(**options: object) -> Library:
        return Library(root, cache=tmp_path / "var" / "articles.sqlite", options=Options(), **options)  # type: ignore[arg-type]

    return _open
