"""Start and memory of the serving process."""

import os
import tempfile
import urllib.request
from pathlib import Path
from urllib.parse import quote

from tests.bench.load import line
from tests.bench.memory import resident_mb
from tests.bench.serving import deskbook

WORDS = ("board not detected", "upload error", "how do i reset my password", "driv", "wifi", "refund", "install the ide on linux", "port greyed out")


def measure(content: Path, _seconds: float, rounds: int) -> None:
    """Prints the time of the first and of later starts, and the memory after every page was read and searches were made."""
    print("\nStart and memory (goals: 3 s for the second start, 150 MB)")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        starts, worked = [], []
        for _ in range(rounds + 1):
            with deskbook(content, data) as served:
                starts.append(served.ready_s)
                worked.append(_processor_s(served.pid))
        line("first start, nothing prepared", starts[:1], "s")
        line("later starts", starts[1:], "s")
        line("later starts, processor time", worked[1:], "s")
        with deskbook(content, data) as served:
            line("memory when ready", [resident_mb(served.pid)], "MB")
            _read_everything(served.url)
            line("memory after every article and 200 searches", [resident_mb(served.pid)], "MB")


def _read_everything(url: str) -> None:
    with urllib.request.urlopen(f"{url}/sitemap.xml") as answer:
        pages = [part.partition("</loc>")[0] for part in answer.read().decode().split("<loc>")[1:]]
    for page in pages:
        urllib.request.urlopen(url + "/" + page.split("/", 3)[3] if page.count("/") > 2 else url).read()
    for number in range(200):
        urllib.request.urlopen(f"{url}/search/instant?q={quote(WORDS[number % len(WORDS)])}%20{number}").read()


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
