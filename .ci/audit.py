"""Check the locked packages against a database of known vulnerabilities: .ci/audit.py LOCKFILE

Exit with 1 for a known vulnerability. Where no database answers, say so in a line that stands out and exit with 0: no machine
without a way out fails its checks for that.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ACCEPTED: dict[str, str] = {}
"""Vulnerabilities that do not concern Deskbook, by their id, each with the reason."""
SERVICES = ("osv", "pypi")


@dataclass
class Report:
    """What a database said."""

    service: str
    audited: list[str] = field(default_factory=list)
    vulnerable: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)


def main() -> None:
    """Print one line for each vulnerability, then one that says how it went."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lock", type=Path)
    parser.add_argument("--osv-url", help="address of an OSV database of your own; only that one is asked then")
    parser.add_argument("--wait-s", type=float, default=60, help="longest wait for a database (60); a quarter of it to see whether it is there")
    given = parser.parse_args()
    report = _first_answer(given.lock, given.osv_url, given.wait_s)
    if report is None:
        _say(f"*** NOT CHECKED for known vulnerabilities: {given.lock}. No database of vulnerabilities could be reached. ***", 33)
        return
    for line in report.vulnerable:
        _say(f"*** VULNERABLE: {line} ***", 31)
    if report.unchecked:
        _say(f"*** NOT CHECKED for known vulnerabilities: {', '.join(report.unchecked)} ***", 33)
    print(f"{given.lock}: {len(report.audited)} packages checked, {len(report.vulnerable) or 'no'} known vulnerabilities ({report.service})")
    sys.exit(1 if report.vulnerable else 0)


def _first_answer(lock: Path, osv_url: str | None, wait_s: float) -> Report | None:
    for service in ("osv",) if osv_url else SERVICES:
        options = ["-s", service, *(["--osv-url", osv_url] if osv_url else [])]
        # One package first: a database that is not there is not asked a hundred times.
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as probe:
            probe.write(_first_package(lock.read_text(encoding="utf-8")))
            probe.flush()
            answered = _ask(Path(probe.name), service, options, wait_s / 4)
        if answered and answered.audited and (report := _ask(lock, service, options, wait_s)) and report.audited:
            return report
    return None


def _ask(lock: Path, service: str, options: list[str], wait_s: float) -> Report | None:
    """What the database says; None when it does not answer within the time, or not as it should."""
    accepted = [part for name in ACCEPTED for part in ("--ignore-vuln", name)]
    audit = [sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--require-hashes", "--disable-pip", "--timeout", "5"]
    quiet = ["--progress-spinner", "off", "--format", "json", "--desc", "off"]
    try:
        ran = subprocess.run([*audit, *quiet, *options, *accepted], capture_output=True, text=True, timeout=wait_s)
        packages: list[dict[str, Any]] = json.loads(ran.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return None
    report = Report(service)
    for package in packages:
        if "skip_reason" in package:
            report.unchecked.append(package["name"])
            continue
        report.audited.append(package["name"])
        for found in package["vulns"]:
            fixed = f", fixed in {', '.join(found['fix_versions'])}" if found["fix_versions"] else ""
            report.vulnerable.append(f"{package['name']} {package['version']}: {found['id']}{fixed}")
    return report


def _first_package(lock: str) -> str:
    """The first package of a lock file that every machine installs, with its hashes."""
    lines = lock.splitlines()
    begins = [number for number, line in enumerate(lines) if line[:1].isalnum()] + [len(lines)]
    first = next(place for place, number in enumerate(begins) if " ; " not in lines[number])
    return "\n".join(lines[begins[first] : begins[first + 1]]) + "\n"


def _say(line: str, colour: int) -> None:
    is_plain = os.environ.get("NO_COLOR") or not sys.stderr.isatty()
    print(line if is_plain else f"\033[1;{colour}m{line}\033[0m", file=sys.stderr)


if __name__ == "__main__":
    main()
