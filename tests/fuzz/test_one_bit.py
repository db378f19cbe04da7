"""One bit changed, in whatever is kept or carried: somebody says so, every time."""

from pathlib import Path
from random import Random

import pytest

from tests.fuzz import one_bit
from tests.fuzz.one_bit import SHARES, flipped, pieces_of, spread, tallies

SAMPLES = 2_400
"""The goal is 2,000 of all formats together, and every one noticed."""
QUICK = 24
GOAL = 2_000
FILES = ("store", "backup", "write_ahead_log")


@pytest.mark.parametrize(
    "name", [pytest.param(one, marks=pytest.mark.slow) if one in FILES else one for one in SHARES]
)
def test_what_nobody_changed_is_sound(name: str, tmp_path: Path) -> None:
    """Else every change would be noticed, and none would have been looked for."""
    with pieces_of(name, tmp_path / name) as pieces:
        assert pieces
        for raw, noticed in pieces[:: max(1, len(pieces) // 8)]:
            assert not noticed(raw)


def test_a_few_changed_bits_of_each_format_are_noticed() -> None:
    """INV-08: what is signed, and what is kept of it."""
    quick = [name for name in SHARES if name not in FILES]
    for tally in tallies(QUICK, 1, quick):
        assert not tally.unnoticed, tally


@pytest.mark.slow
def test_every_changed_bit_is_noticed(seed: int) -> None:
    """INV-08, INV-01: of every format, from its first byte to its last."""
    found = list(tallies(SAMPLES, seed))
    assert [one for one in found if one.unnoticed] == []
    assert {one.format for one in found} == set(SHARES)
    assert sum(one.noticed for one in found) >= GOAL


def test_the_places_reach_from_the_first_bit_to_the_last() -> None:
    places = spread(8_000, 100, Random(1))
    assert len(places) == 100
    assert places[0] < 80
    assert places[-1] >= 7_920
    assert spread(5, 100, Random(1)) == [0, 1, 2, 3, 4]
    assert flipped(b"\0\0", 9) == b"\0\x02"


def test_a_bit_that_nobody_notices_is_told_with_its_place() -> None:
    tally = one_bit.of_bytes("blind", [(b"ab", lambda raw: raw[:1] != b"a")], 16, 1)
    assert (tally.changed, tally.noticed) == (16, 8)
    assert tally.unnoticed == {"piece 0, byte 1": 8}


def test_the_command_prints_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert one_bit.main(["--samples", "9", "--only", "snapshot", "--json"]) == 0
    assert '"noticed": 10' in capsys.readouterr().out
