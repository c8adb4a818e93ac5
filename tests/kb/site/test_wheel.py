"""What is built is what is installed: templates, static files, migrations and manual come along."""

import os
import re
import signal
import subprocess
import sys
import sysconfig
import urllib.request
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
CHECKOUT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of what git knows, so that leftovers of the checkout cannot slip in."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, listed):
        if (CHECKOUT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((CHECKOUT / name).read_bytes())
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", built, source]
    subprocess.run(command, check=True, capture_output=True)
    return next(built.glob("*.whl"))


def test_the_wheel_holds_all_that_is_not_code(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for folder, inside in (
        ("content", "kb/_shipped/content"),
        ("templates", "kb/_shipped/templates"),
        ("kb/static", "kb/static"),
        ("kb/migrations", "kb/migrations"),
    ):
        wanted = {str(path.relative_to(CHECKOUT / folder)) for path in (CHECKOUT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts}
        assert {name for name in wanted if f"{inside}/{name}" not in names} == set()
    assert not [name for name in names if name.startswith(("tests/", "var/", ".lock/"))]


def test_the_installed_command_serves_far_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    deskbook = _installed(wheel, tmp_path / "venv")
    home = tmp_path / "elsewhere"
    home.mkdir()
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("DESKBOOK_", "PYTHONPATH"))}
    with subprocess.Popen([deskbook, "serve", "-p", "0"], cwd=home, env=environ, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        seen: list[str] = []
        for line in server.stderr:
            seen.append(line)
            if found := re.search(r"http://\S+", line):
                break
        else:
            pytest.fail("".join(seen))
        try:
            page = urllib.request.urlopen(f"{found[0]}/").read().decode()
            style = re.search(r'href="(/static/[^"]+\.css)"', page)
            assert style
            assert urllib.request.urlopen(f"{found[0].rstrip('/')}{style[1]}").status == 200
            assert "All settings" in urllib.request.urlopen(f"{found[0].rstrip('/')}/articles/settings").read().decode()
        finally:
            server.send_signal(signal.SIGTERM)
            assert server.wait(120) == 0
    assert (home / "var" / "deskbook.sqlite").is_file()


def _installed(wheel: Path, venv: Path) -> Path:
    """The command in a fresh environment that holds the wheel, and finds its dependencies in ours without a download."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(venv), "platbase": str(venv)}))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    dependencies = venv / "dependencies"
    dependencies.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if entry.suffix != ".pth":
            (dependencies / entry.name).symlink_to(entry)
    (packages / "dependencies.pth").write_text(str(dependencies))
    command = venv / "bin" / "deskbook"
    command.write_text(f"#!{venv}/bin/python\nfrom kb.site.cli import main\nmain()\n")
    command.chmod(0o755)
    return command
