"""`make bench`: measures the product beside the thing it cannot be faster than, and prints tables. Fails nothing.

make bench ARGS="pages instant"     only these
make bench ARGS="--seconds 2"       shorter runs
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tests.bench import filing, growth, instant, pages, process

PARTS = {"process": process.measure, "pages": pages.measure, "instant": instant.measure, "filing": filing.measure, "growth": growth.measure}


def main() -> None:
    """Runs the parts named, or all of them and then the answers."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}, answers")
    parser.add_argument("--seconds", type=float, default=4, help="length of one run (4)")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each, alternating; medians are shown (5)")
    options = parser.parse_args()
    if unknown := set(options.parts) - {*PARTS, "answers"}:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    corpora = os.environ.get("DESKBOOK_CORPORA")
    content = Path(corpora, "arduino/content") if corpora else Path(__file__).parents[2] / "content"
    print(f"content: {content.name if not corpora else 'the Arduino help centre'}, {os.cpu_count()} cores, {options.rounds} rounds of {options.seconds:g} s")
    for name, measure in PARTS.items():
        if not options.parts or name in options.parts:
            measure(content, options.seconds, options.rounds)
    if not options.parts or "answers" in options.parts:
        subprocess.run([sys.executable, "-m", "tests.bench.answers"], check=False)


if __name__ == "__main__":
    main()
