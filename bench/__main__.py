"""Runs the bench and writes its report: `python -m bench [NAME…] [--people N] [--rounds N]`."""

import argparse
import sys
from pathlib import Path

import msgspec

from bench.measure import as_json, short
from bench.measures import NAMES
from bench.report import FOLDER, write_report
from bench.run import PEOPLE, ROUNDS, run
from sync_protocol.errors import ThroughcareError

EXIT_NOT_HELD = 1
EXIT_USAGE = 2


def main(arguments: list[str] | None = None) -> int:
    """0 where every must holds, 1 where one does not, 2 where nothing could be measured."""
    parser = argparse.ArgumentParser(prog="bench", description="Measure Throughcare and others.")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(NAMES)}; all where none is named")
    parser.add_argument("--people", type=int, default=PEOPLE, help="size of the caseload")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each is measured")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument(
        "--report",
        metavar="FOLDER",
        type=Path,
        help="write the report into this folder; of all together it goes to bench/ unasked",
    )
    chosen = parser.parse_args(arguments)
    try:
        measured = run(
            chosen.names or NAMES,
            people=chosen.people,
            rounds=chosen.rounds,
            say=lambda line: print(line, file=sys.stderr, flush=True),
        )
    except (ThroughcareError, ValueError) as fault:
        print(fault, file=sys.stderr)
        return EXIT_USAGE
    if chosen.json:
        print(msgspec.json.format(msgspec.json.encode(as_json(measured.rows))).decode())
    for row in () if chosen.json else measured.rows:
        print(f"{row.holds:>5}  {row.name:<20} {short(row.value):>8} {row.unit}")
    if chosen.report or not chosen.names:
        print(f"Report: {write_report(measured, chosen.report or FOLDER)}", file=sys.stderr)
    return EXIT_NOT_HELD if any(row.holds == "no" for row in measured.rows) else 0


if __name__ == "__main__":
    sys.exit(main())
