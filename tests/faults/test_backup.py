"""The drill of the manual: back up while requests are filed, restore on another machine, and miss nothing that was acknowledged before."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.filers import Filers, require_whole
from tests.faults.processes import CHECKOUT, KEY, Filed, Served, serving, wait_for

pytestmark = pytest.mark.slow

MANUAL = CHECKOUT / "content/install/production/back-up-and-restore.md"


@pytest.fixture(params=["sqlite", "postgres"])
def databases(request: pytest.FixtureRequest) -> tuple[str, str]:
    """The addresses of the database that is backed up and of the empty one it is restored into; empty ones mean SQLite in the data folder."""
    if request.param == "sqlite":
        return "", ""
    cluster = request.getfixturevalue("postgres_cluster")
    url: str = request.getfixturevalue("empty_postgres_url")
    return url, cluster.create(f"{url.rpartition('/')[2]}_restored")


def test_what_was_acknowledged_before_the_backup_is_whole_on_the_other_machine(tmp_path: Path, content: Path, databases: tuple[str, str]) -> None:
    data, other, backup = tmp_path / "deskbook", tmp_path / "other", tmp_path / "backup"
    data.mkdir()
    (data / "secret_key").write_text(KEY)
    with serving(content, data, SECRET_KEY="", DATABASE_URL=databases[0]) as served:
        filers = Filers(served, 0)
        filers.wait_for(10)
        acknowledged = list(filers.filed)
        copied = _back_up(data, backup, databases[0])
        after = len(filers.filed)
        filers.wait_for(after + 5)
        served.stop()
        filers.join()
    assert filers.refused == []
    shutil.copytree(copied, other)
    (other / "secret_key").chmod(0o600)
    if databases[1]:
        _run(["pg_restore", "--dbname", databases[1], other / "deskbook.dump"])
    with serving(content, other, SECRET_KEY="", DATABASE_URL=databases[1]) as restored:
        for filed in acknowledged:
            require_whole(restored, filed)
        _require_all_or_nothing(restored, filers.filed)
        assert restored.search("reset")["total"] == 1
        assert restored.stop() == 0


def _back_up(data: Path, backup: Path, database_url: str) -> Path:
    """Runs the commands that the manual gives, on other folders; the folder they made."""
    text = MANUAL.read_text()
    found = re.search(r"```bash\n(.*?)```", text, re.DOTALL)
    dump = re.search(r"`(pg_dump [^`]*)`", text)
    assert found
    assert dump
    script = found[1].replace("/var/lib/deskbook", str(data)).replace("/backup/", f"{backup}/")
    if database_url:
        script = re.sub(r"^sqlite3 .*$", dump[1].removesuffix(" deskbook") + f" {database_url}", script, flags=re.MULTILINE)
        assert "pg_dump" in script
    wait_for((data / "attachments").is_dir)
    _run(["bash", "-c", script], _tools(backup.parent))
    (copied,) = backup.iterdir()
    return copied


def _tools(folder: Path) -> Path:
    """A folder with the program `sqlite3`, for where it is not installed."""
    tools = folder / "bin"
    tools.mkdir()
    program = tools / "sqlite3"
    program.write_text(f"#!{sys.executable}\nimport sqlite3, sys\nsqlite3.connect(sys.argv[1], isolation_level=None).execute(sys.argv[2])\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return tools


def _run(command: list[str | Path], tools: Path | None = None) -> None:
    servers = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))[-1:]
    path = os.pathsep.join([*map(str, servers), os.environ["PATH"], *([str(tools)] if tools else [])])
    ran = subprocess.run(command, env=os.environ | {"PATH": path}, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def _require_all_or_nothing(restored: Served, filed: list[Filed]) -> None:
    """A request that was filed while the copy was made is in it with its file, or not at all."""
    for one in filed:
        if restored.get(one.page)[0] == 200:
            require_whole(restored, one)
