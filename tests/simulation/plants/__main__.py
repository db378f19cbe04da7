"""`python -m tests.simulation.plants`: search for the plants, or run those that are recorded."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

import msgspec

from tests.simulation.options import SEASON
from tests.simulation.plants.recorded import Catch, read_recorded, write_recorded
from tests.simulation.plants.registry import PLANTS
from tests.simulation.plants.search import Found, search


def main() -> int:
    """The number of plants that were not caught, at most 1."""
    asked = _asked()
    names = asked.search or asked.run or []
    strangers = [name for name in names if name not in PLANTS]
    if strangers:
        sys.stderr.write(f"no such plants: {strangers}; there are {sorted(PLANTS)}\n")
        return 1
    known = read_recorded() if asked.missing else {}
    names = names or [name for name in PLANTS if name not in known]
    work = _recorded(names) if asked.run is not None else _searched(names, asked)
    found = []
    for one in work:
        found.append(one)
        if asked.write and one.catch is not None:
            write_recorded({one.name: one.catch}, set(PLANTS))
        if not asked.json:
            sys.stdout.write(_line(one) + "\n")
            sys.stdout.flush()
    caught = {one.name: one.catch for one in found if one.catch is not None}
    totals = {"planted": len(found), "caught": len(caught)}
    report = msgspec.json.encode(totals | {"plants": found}).decode()
    score = f"planted {len(found)}, caught {len(caught)}"
    sys.stdout.write((report if asked.json else score) + "\n")
    return min(1, len(found) - len(caught))


def _asked() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.simulation.plants", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--search", nargs="*", metavar="NAME", help="try seeds until each is caught")
    what.add_argument("--run", nargs="*", metavar="NAME", help="try the recorded seeds alone")
    parser.add_argument("--seeds", default="61..100", help="the first and the last seed: 61..100")
    parser.add_argument("--looks", type=int, default=1, help="catches to choose the cheapest from")
    parser.add_argument("--jobs", type=int, default=1, help="how many plants are tried at once")
    parser.add_argument("--write", action="store_true", help="record the seeds that were found")
    parser.add_argument("--missing", action="store_true", help="those without a recorded seed")
    parser.add_argument("--json", action="store_true", help="the score and each plant as JSON")
    return parser.parse_args()


def _searched(names: list[str], asked: Namespace) -> Iterator[Found]:
    first, _, last = asked.seeds.partition("..")
    span = range(int(first), int(last or first) + 1)
    # A season takes longest, and shows nothing of these that a storm does not.
    seeds = [seed for seed in span if seed % SEASON]
    with ProcessPoolExecutor(asked.jobs, mp_context=get_context("spawn")) as pool:
        work = [pool.submit(search, name, seeds, looks=asked.looks) for name in names]
        yield from (one.result() for one in as_completed(work))


def _recorded(names: list[str]) -> Iterator[Found]:
    known: dict[str, Catch] = read_recorded()
    for name in names:
        seeds = [known[name].seed] if name in known else []
        yield search(name, seeds)


def _line(one: Found) -> str:
    start = f"{one.name:<28} {one.area:<10} "
    if one.catch is not None:
        told = f"{one.catch.alarm[:90]} ({one.catch.cpu_s} s)"
        return f"{start}{one.tried:>3} tried, seed {one.catch.seed}: {told}"
    return f"{start}{one.tried:>3} tried, NOT CAUGHT; others {one.others} unsound {one.unsound}"


if __name__ == "__main__":
    raise SystemExit(main())
