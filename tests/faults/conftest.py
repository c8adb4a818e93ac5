"""The articles of a site that is put to the test."""

from pathlib import Path

import pytest


@pytest.fixture
def content(tmp_path: Path) -> Path:
    folder = tmp_path / "content"
    (folder / "help").mkdir(parents=True)
    (folder / "help" / "reset.md").write_text("---\ntitle: Reset the board\n---\nPress the button twice.\n")
    return folder
