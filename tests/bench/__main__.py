"""`make bench`: measures the product beside the thing it cannot be faster than, and prints tables. Fails nothing, except of `kills`.

make bench ARGS="pages instant"     only these
make bench ARGS="--seconds 2"       shorter runs
make bench ARGS=report              a year of the deflection report on each database; needs 3 GB for a while
make bench ARGS=leave_one_out       what each number and rule of search is worth; takes half an hour, so only when named
make bench ARGS="growth --rounds 100000"   search at that many articles instead of 10,000
make bench ARGS=desk               the agents' lists and search at 10,000 and 100,000 tickets (--rounds 1000000 for another number); only when named
make bench ARGS=kills               kills the site 200 times on each database while people write to it; takes an hour, so only when named
make bench ARGS=upgrade             upgrades 100,000 tickets (--rounds for another number); fills two databases first, so only when named
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tests.bench import desk, filing, growth, instant, kills, openinternet, pages, process, report, updates, upgrade

CHECKOUT = Path(__file__).parents[2]
PARTS = {
    "process": process.measure,
    "pages": pages.measure,
    "instant": instant.measure,
    "filing": filing.measure,
    "updates": updates.measure,
    "growth": growth.measure,
    "openinternet": openinternet.measure,
}
APART = {
    "kills": (kills.measure, kills.ROUNDS),
    "upgrade": (upgrade.measure, upgrade.TICKETS),
    "desk": (desk.measure, desk.SIZES[-1]),
    "report": (report.measure, report.ROUNDS),
}
"""Only when they are named: each with its usual number of rounds."""
ROUNDS = 5


def main() -> None:
    """Runs the parts named, or all of them and then the answers."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}, answers, leave_one_out, {', '.join(APART)}")
    parser.add_argument("--seconds", type=float, default=4, help="length of one run (4)")
    parser.add_argument(
        "--rounds", type=int, help=f"runs of each, alternating; medians are shown ({ROUNDS}; of kills {kills.ROUNDS}, of upgrade and desk tickets)"
    )
    options = parser.parse_args()
    if unknown := set(options.parts) - {*PARTS, *APART, "answers", "leave_one_out"}:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    for name in [name for name in APART if name in options.parts]:
        measure_apart, usual = APART[name]
        measure_apart(CHECKOUT / "content", options.seconds, options.rounds or usual)
        options.parts.remove(name)
        if not options.parts:
            return
    rounds = options.rounds or ROUNDS
    corpora = os.environ.get("DESKBOOK_CORPORA")
    content = Path(corpora, "arduino/content") if corpora else CHECKOUT / "content"
    print(f"content: {content.name if not corpora else 'the Arduino help centre'}, {os.cpu_count()} cores, {rounds} rounds of {options.seconds:g} s")
    for name, measure in PARTS.items():
        if not options.parts or name in options.parts:
            measure(content, options.seconds, rounds)
    if "leave_one_out" in options.parts:
        subprocess.run([sys.executable, "-m", "tests.bench.leave_one_out"], check=False)
    if not options.parts or "answers" in options.parts:
        subprocess.run([sys.executable, "-m", "tests.bench.answers"], check=False)


if __name__ == "__main__":
    main()
