"""The site killed at random while people write to it, on SQLite and on PostgreSQL: what was acknowledged is counted afterwards.

Unlike the other parts this one fails: one message lost, doubled or half, or one answer that should not be, ends it with exit code 1.
"""

import secrets
import sys
import tempfile
from pathlib import Path

from tests.faults.kill_loop import Outcome, run
from tests.services import MissingService

ROUNDS = 200
MOST_SHOWN = 20
KINDS = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
MESSAGES = ("request", "request with kept files", "request by a program", "customer's reply", "agent's reply", "note")


def measure(content: Path, _seconds: float, rounds: int) -> None:
    """Prints a column for each database; raises SystemExit when anything was lost, doubled, half or wrong."""
    seed = secrets.randbelow(100_000)
    outcomes: dict[str, Outcome] = {}
    for kind, name in KINDS.items():
        with tempfile.TemporaryDirectory() as folder:
            try:
                outcomes[name] = run(kind, rounds, Path(folder), content, seed=seed, tell=_tell)
            except MissingService as missing:
                print(f"\nnot killed on {name}: {missing}")
    print(f"\n## Killed while people write ({rounds} rounds each, seed {seed})\n")
    for line in table(outcomes):
        print(line)
    faults = [f"{name}: {fault}" for name, outcome in outcomes.items() for fault in outcome.faults]
    for fault in faults[:MOST_SHOWN]:
        print(fault)
    if faults or not outcomes:
        raise SystemExit(1)


def table(outcomes: dict[str, Outcome]) -> list[str]:
    """The lines of the table, one column for each outcome."""
    lines = [f"| | {' | '.join(outcomes)} |", "|---|" + "---:|" * len(outcomes)]
    found = list(outcomes.values())
    ways = sorted({way for outcome in found for way in outcome.kills})
    lines += [_row(f"killed: {way}", [outcome.kills[way] for outcome in found]) for way in ways]
    lines += [_row(f"acknowledged: {kind}", [outcome.acknowledged[kind] for outcome in found]) for kind in MESSAGES]
    lines += [
        _row("files in them", [outcome.files for outcome in found]),
        _row("sent again, answered or not", [outcome.sent_again for outcome in found]),
        _row("never answered and given up", [outcome.given_up for outcome in found]),
        _row("mails (of them again, under the same Message-ID)", [f"{outcome.mails:,} ({outcome.mails_again})" for outcome in found]),
        _row("**lost**", [len(outcome.found.lost) for outcome in found]),
        _row("**doubled**", [len(outcome.found.doubled) for outcome in found]),
        _row("**half**", [len(outcome.found.half) for outcome in found]),
        _row("**mails missing, or again as others**", [len(outcome.found.mail) for outcome in found]),
        _row("**wrong answers, faults of the database**", [len(outcome.wrong) for outcome in found]),
    ]
    recovery = "from its start to the next message, at the longest, after {} was killed"
    lines += [_row(recovery.format(way), [f"{outcome.recovery_s[way]:.1f} s" if way in outcome.recovery_s else "" for outcome in found]) for way in ways]
    return lines


def _row(name: str, values: list[int | str]) -> str:
    return f"| {name} | {' | '.join(f'{value:,}' if isinstance(value, int) else value for value in values)} |"


def _tell(line: str) -> None:
    print(f"\r{line}          ", end="", file=sys.stderr, flush=True)
