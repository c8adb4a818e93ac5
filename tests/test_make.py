"""`make serve` installs what the lock file pins when its content changes, whatever times a checkout gave the files."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent
PYTHON = '#!/bin/sh\necho "$*" >> "$(dirname "$0")/log"\n'

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not shutil.which("make"), reason="not installed: make (Debian: apt install make)")]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose Python only notes what it is asked to do."""
    for folder in (".ci", ".lock", ".venv/bin"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(CHECKOUT / "Makefile", tmp_path)
    shutil.copy(CHECKOUT / ".ci/venv", tmp_path / ".ci")
    for name in ("runtime", "dev"):
        (tmp_path / f".lock/{name}.txt").write_text("one==1\n")
    python = tmp_path / ".venv/bin/python"
    python.write_text(PYTHON)
    python.chmod(0o755)
    return tmp_path


def installs(checkout: Path, target: str = "serve") -> int:
    """Run make; return how often packages were installed so far."""
    subprocess.run(["make", "--no-print-directory", target], cwd=checkout, check=True, capture_output=True)
    return (checkout / ".venv/bin/log").read_text().count("pip install")


def test_packages_are_installed_once(checkout: Path) -> None:
    assert [installs(checkout) for _ in range(3)] == [1, 1, 1]


def test_a_lock_file_that_changed_is_installed_whatever_its_time(checkout: Path) -> None:
    lock = checkout / ".lock/runtime.txt"
    assert installs(checkout) == 1
    lock.write_text("one==2\n")
    os.utime(lock, (1_000_000_000, 1_000_000_000))
    assert [installs(checkout), installs(checkout)] == [2, 2]


def test_a_lock_file_that_is_only_newer_is_not(checkout: Path) -> None:
    assert installs(checkout) == 1
    (checkout / ".lock/runtime.txt").touch()
    assert installs(checkout) == 1


def test_an_interrupted_installation_is_done_again(checkout: Path) -> None:
    python = checkout / ".venv/bin/python"
    python.write_text(PYTHON + 'case "$*" in *install*) exit 1;; esac\n')
    with pytest.raises(subprocess.CalledProcessError):
        installs(checkout)
    python.write_text(PYTHON)
    assert installs(checkout) == 2


def test_a_checkout_that_was_moved_installs_its_command_anew(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert installs(checkout) == 1
    moved = tmp_path_factory.mktemp("elsewhere") / "desk"
    shutil.copytree(checkout, moved)
    assert installs(moved) == 2


def test_what_the_tests_need_contains_what_serving_needs(checkout: Path) -> None:
    assert installs(checkout, ".venv/.dev") == 1
    assert installs(checkout) == 1
    (checkout / ".lock/dev.txt").write_text("one==1\ntwo==2\n")
    assert installs(checkout) == 1
    assert installs(checkout, ".venv/.dev") == 2
